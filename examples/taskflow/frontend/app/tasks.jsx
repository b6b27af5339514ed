// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { call } from "./call";

function summary(tasks) {
  const open = tasks.filter((task) => !task.done).length;
  if (tasks.length === 0) return "Nothing to do yet";
  return open === 0 ? "All done" : `${open} open, ${tasks.length - open} done`;
}

function Task({ task, change, remove }) {
  const id = `task-${task.id}`;
  return (
    <li className={task.done ? "done" : ""}>
      <input id={id} type="checkbox" checked={task.done} onChange={() => change(task, !task.done)} />
      <label htmlFor={id}>{task.title}</label>
      <button type="button" className="remove" aria-label={`Delete ${task.title}`} onClick={() => remove(task)}>
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="M5 5l10 10M15 5L5 15" />
        </svg>
      </button>
    </li>
  );
}

export function Tasks({ tasks, setTasks, attempt }) {
  const [title, setTitle] = useState("");
  const done = tasks.filter((task) => task.done).length;

  async function add(event) {
    event.preventDefault();
    if (!title.trim()) return;
    await attempt(async () => {
      const task = await call("POST", "tasks", { title });
      setTasks((known) => [...(known ?? []), task]);
      setTitle("");
    });
  }

  const put = (task) => setTasks((known) => known?.map((other) => (other.id === task.id ? task : other)) ?? null);

  // Shown at once, and taken back if it fails.
  async function change(task, isDone) {
    put({ ...task, done: isDone });
    const did = await attempt(() => call("PATCH", `tasks/${task.id}`, { done: isDone }));
    if (!did) put(task);
  }

  const remove = (task) =>
    attempt(async () => {
      await call("DELETE", `tasks/${task.id}`);
      setTasks((known) => known?.filter((other) => other.id !== task.id) ?? null);
    });

  return (
    <section className="card" aria-labelledby="tasks">
      <div className="heading">
        <h1 id="tasks">Tasks</h1>
        <span className="soft" role="status">
          {summary(tasks)}
        </span>
      </div>
      <progress max={Math.max(tasks.length, 1)} value={done} aria-label="Tasks done" />
      <form className="row" onSubmit={add}>
        <input
          aria-label="New task"
          placeholder="What needs doing?"
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <button type="submit">Add</button>
      </form>
      <ul aria-label="Tasks">
        {tasks.map((task) => (
          <Task key={task.id} task={task} change={change} remove={remove} />
        ))}
      </ul>
    </section>
  );
}
