// What the extension says to its user, in one place. Each message names the remedy.

import type { Missing } from "./binary";

export const OPEN_SETTINGS = "Open Settings";
export const RETRY = "Retry";
export const SHOW_OUTPUT = "Show Output";

export function serverMissing(why: Missing): string {
  const what = {
    setting: `the setting gobpf.serverPath names ${why.place}, and there is no such file`,
    notExecutable: `the setting gobpf.serverPath names ${why.place}, which is not an executable file`,
    path: "gobpf-lsp is not on the PATH",
  }[why.kind];
  return `eBPF checks are off: ${what}. Put the gobpf-lsp binary on the PATH, or set gobpf.serverPath to where it is.`;
}

export function serverFailed(binary: string, reason: unknown): string {
  const text = reason instanceof Error ? reason.message : String(reason);
  return `eBPF checks are off: ${binary} did not start as a language server: ${text}`;
}

/** `limit` is in milliseconds. */
export function noAnswer(limit: number): string {
  return `no answer to initialize within ${limit / 1000} s`;
}

export const NO_GO_FILE = "Open the Go file of an eBPF program first; its loader is written beside it.";
export const NOT_RUNNING = "The gobpf-lsp server is not running; see the output channel eBPF in Go.";
export const NO_LOADER =
  "There is no loader to write for this file: it holds no eBPF program, or one that has errors (see Problems).";
export const EDIT_REFUSED = "VS Code did not accept the edit that writes the loader.";
