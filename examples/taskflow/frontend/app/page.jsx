// SPDX-License-Identifier: Apache-2.0
"use client";

import { useCallback, useEffect, useState } from "react";
import { Assistant } from "./assistant";
import { call } from "./call";
import { Mark } from "./mark";
import { SignIn } from "./sign-in";
import { Tasks } from "./tasks";

export default function Page() {
  const [tasks, setTasks] = useState(undefined); // null: not signed in
  const [error, setError] = useState("");

  const load = useCallback(async () => {
    try {
      setTasks(await call("GET", "tasks"));
    } catch (failed) {
      if (failed.status === 401) setTasks(null);
      else setError(failed.message);
    }
  }, []);

  useEffect(() => {
    load();
  }, [load]);

  // What the user does, done: an expired session asks to sign in again, any other failure is shown.
  const attempt = useCallback(async (action) => {
    setError("");
    try {
      await action();
      return true;
    } catch (failed) {
      if (failed.status === 401) setTasks(null);
      else setError(failed.message);
      return false;
    }
  }, []);

  const signOut = () =>
    attempt(async () => {
      await call("POST", "sign-out");
      setTasks(null);
    });

  if (tasks === undefined && !error) return <main className="center" aria-busy="true" />;
  if (tasks === null) return <SignIn onDone={load} />;
  return (
    <>
      <header>
        <Mark />
        <button type="button" className="quiet" onClick={signOut}>
          Sign out
        </button>
      </header>
      <main className="board">
        {error && (
          <p role="alert" className="error wide">
            {error}
          </p>
        )}
        <Tasks tasks={tasks ?? []} setTasks={setTasks} attempt={attempt} />
        <Assistant attempt={attempt} />
      </main>
    </>
  );
}
