// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { call } from "./call";

export function Assistant({ attempt }) {
  const [question, setQuestion] = useState("");
  const [talk, setTalk] = useState([]);
  const [isBusy, setIsBusy] = useState(false);

  async function ask(event) {
    event.preventDefault();
    const asked = question.trim();
    if (!asked || isBusy) return;
    setIsBusy(true);
    await attempt(async () => {
      const { answer } = await call("POST", "chat", { question: asked });
      setTalk((known) => [...known, { asked, answer }]);
      setQuestion("");
    });
    setIsBusy(false);
  }

  return (
    <section className="card" aria-labelledby="assistant">
      <h2 id="assistant">Assistant</h2>
      <div className="talk" role="log" aria-label="Conversation">
        {talk.length === 0 && <p className="soft">It knows your open tasks. Ask what to do first, or how to begin.</p>}
        {talk.map(({ asked, answer }, number) => (
          <div key={number}>
            <p className="asked">{asked}</p>
            <p className="answer">{answer}</p>
          </div>
        ))}
        {isBusy && <p className="answer waiting">Thinking …</p>}
      </div>
      <form className="row" onSubmit={ask}>
        <input
          aria-label="Question"
          placeholder="What should I do first?"
          maxLength={1000}
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
        />
        <button type="submit" disabled={isBusy}>
          Ask
        </button>
      </form>
    </section>
  );
}
