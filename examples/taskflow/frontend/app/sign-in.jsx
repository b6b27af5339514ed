// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { call } from "./call";
import { Mark } from "./mark";

export function SignIn({ onDone }) {
  const [isNew, setIsNew] = useState(false);
  const [error, setError] = useState("");
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    setIsBusy(true);
    setError("");
    try {
      await call("POST", isNew ? "sign-up" : "sign-in", { name: form.get("name"), password: form.get("password") });
      await onDone();
    } catch (failed) {
      setError(failed.status === 422 ? "A name, and a password of 8 characters or more, please." : failed.message);
      setIsBusy(false);
    }
  }

  return (
    <main className="center">
      <form className="card narrow" onSubmit={submit} aria-labelledby="title">
        <Mark />
        <h1 id="title">{isNew ? "Create your account" : "Welcome back"}</h1>
        <p className="soft">{isNew ? "All it takes is a name and a password." : "Sign in to see your tasks."}</p>
        {error && (
          <p role="alert" className="error">
            {error}
          </p>
        )}
        <label htmlFor="name">Name</label>
        <input id="name" name="name" autoComplete="username" required maxLength={64} />
        <label htmlFor="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          minLength={8}
          maxLength={200}
        />
        <button type="submit" disabled={isBusy}>
          {isNew ? "Create account" : "Sign in"}
        </button>
        <button type="button" className="link" onClick={() => setIsNew(!isNew)}>
          {isNew ? "I have an account" : "I am new here"}
        </button>
      </form>
    </main>
  );
}
