// SPDX-License-Identifier: Apache-2.0
import "./page.css";

export const metadata = { title: "TaskFlow", description: "A list of tasks, and someone to ask about it" };
export const viewport = { width: "device-width", initialScale: 1, colorScheme: "light dark" };
// Each page has a number of its own for its scripts: see proxy.js.
export const dynamic = "force-dynamic";

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
