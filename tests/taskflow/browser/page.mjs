// SPDX-License-Identifier: Apache-2.0
// page.mjs URL FOLDER: goes through all of TaskFlow's page in Debian's Chromium as a user would, finds what it
// uses by role and label, and leaves pictures in FOLDER: light.png (the README's), dark.png, phone.png, sign-in.png.
// EXPECT_ANSWER is a part of what the assistant answers; TRUSTED_KEY, if set, is the base64 of the SHA-256 of a public
// key, with which a certificate is good. Says each step; the first that fails ends it, status 1.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const [url, folder] = process.argv.slice(2);
const scratch = await mkdtemp(path.join(tmpdir(), "browser."));
const context = await chromium.launchPersistentContext(scratch, {
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  chromiumSandbox: false,
  headless: true,
  viewport: { width: 1100, height: 560 },
  deviceScaleFactor: 2,
  args: [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--proxy-server=direct://",
    ...(process.env.TRUSTED_KEY ? [`--ignore-certificate-errors-spki-list=${process.env.TRUSTED_KEY}`] : []),
  ],
});
context.setDefaultTimeout(15_000);
const page = context.pages()[0];
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
// What the server refuses on purpose, the browser notes, too, and that a header counts over HTTPS alone.
const expected = /status of 40[19]|^The Cross-Origin-Opener-Policy header has been ignored/;
page.on("console", (said) => {
  if (said.type() === "error" && !expected.test(said.text())) complaints.push(said.text());
});
const picture = (name) => page.screenshot({ path: path.join(folder, `${name}.png`) });
const task = (title) => page.getByRole("checkbox", { name: title, exact: true });
const name = `Ada ${randomBytes(3).toString("hex")}`;
const password = randomBytes(9).toString("hex");

async function fillIn(button, secret) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: button }).click();
}

async function add(title) {
  await page.getByLabel("New task").fill(title);
  await page.getByRole("button", { name: "Add" }).click();
  await task(title).waitFor();
}

const steps = {
  "is asked to sign in, under headers that keep others out": async () => {
    const headers = (await page.goto(url)).headers();
    assert.match(headers["content-security-policy"], /default-src 'none'; script-src 'nonce-[^']{20,}' 'strict-dynamic'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["x-powered-by"], undefined);
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    await picture("sign-in");
  },
  "signs up": async () => {
    await page.getByRole("button", { name: "I am new here" }).click();
    await fillIn("Create account", password);
    await page.getByText("Nothing to do yet").waitFor();
  },
  "holds a session that no script and no other site gets": async () => {
    const [cookie] = await context.cookies();
    assert.equal(cookie.name, "taskflow-session");
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, "Strict");
    assert.equal(cookie.secure, url.startsWith("https:"));
    assert.equal(await page.evaluate(() => document.cookie), "");
  },
  "adds tasks": async () => {
    for (const title of ["Draft the release notes", "Rotate the database password", "Review Grace’s change"]) {
      await add(title);
    }
    await add("Book the train to Bern");
    await add("A task to be deleted");
    await page.getByText("5 open, 0 done").waitFor();
  },
  "finishes one and takes one back": async () => {
    await task("Draft the release notes").check();
    await page.getByText("4 open, 1 done").waitFor();
    await task("Book the train to Bern").check();
    await page.getByText("3 open, 2 done").waitFor();
    await task("Book the train to Bern").uncheck();
    await page.getByText("4 open, 1 done").waitFor();
  },
  "deletes one": async () => {
    await page.getByRole("button", { name: "Delete A task to be deleted" }).click();
    await task("A task to be deleted").waitFor({ state: "detached" });
  },
  "asks the assistant": async () => {
    await page.getByLabel("Question").fill("What should I do first?");
    await page.getByRole("button", { name: "Ask" }).click();
    const answer = page.getByRole("log").getByText(process.env.EXPECT_ANSWER || "Rotate the database password");
    await answer.waitFor();
    await page.evaluate(() => document.activeElement.blur());
    await picture("light");
  },
  "looks well in the dark and on a phone": async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await picture("dark");
    await page.setViewportSize({ width: 390, height: 844 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 390, "the page can be scrolled sideways");
    await picture("phone");
    await page.emulateMedia({ colorScheme: "light" });
  },
  "finds it all again after a reload": async () => {
    await page.reload();
    await page.getByText("3 open, 1 done").waitFor();
    assert.equal(await task("Draft the release notes").isChecked(), true);
  },
  "signs out, and is signed out": async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    assert.deepEqual(await context.cookies(), []);
  },
  "is told that a password is wrong": async () => {
    await fillIn("Sign in", "another password");
    await page.getByRole("alert").getByText("The name or the password is wrong.").waitFor();
  },
  "signs in again": async () => {
    await fillIn("Sign in", password);
    await page.getByText("3 open, 1 done").waitFor();
  },
  "saw no error in the browser": async () => {
    assert.deepEqual(complaints, []);
  },
};

let status = 0;
let number = 0;
for (const [title, step] of Object.entries(steps)) {
  number += 1;
  try {
    await step();
    console.log(`ok ${number} - ${title}`);
  } catch (error) {
    console.log(`not ok ${number} - ${title}\n${error.message}`);
    for (const complaint of complaints) console.log(`# the browser said: ${complaint}`);
    await picture("failed").catch(() => {});
    status = 1;
    break;
  }
}
await context.close();
await rm(scratch, { recursive: true });
process.exit(status);
