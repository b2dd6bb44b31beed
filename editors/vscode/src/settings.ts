// The settings as the server reads them. "auto" is decided here, because only the editor knows its other extensions.

import * as vscode from "vscode";

/** Sent at initialisation, on request (`workspace/configuration`) and on change. */
export interface ServerSettings {
  /** A kernel release such as "6.1"; null leaves it to the file. */
  readonly kernel: string | null;
  /** The file of the kernel's types; null leaves it to gobpf.toml, then to the running system. */
  readonly btf: string | null;
  /** Whether Go's own errors are reported too. */
  readonly goErrors: boolean;
}

/** The extension that runs gopls. */
const GO_EXTENSION = "golang.go";

export function serverSettings(scope?: vscode.Uri): ServerSettings {
  const settings = vscode.workspace.getConfiguration("gobpf", scope);
  const goErrors = settings.get<string>("goErrors", "auto");
  return {
    kernel: settings.get<string>("kernel", "").trim() || null,
    btf: settings.get<string>("btf", "").trim() || null,
    goErrors: goErrors === "auto" ? !goplsIsHere() : goErrors === "always",
  };
}

function goplsIsHere(): boolean {
  return (
    vscode.extensions.getExtension(GO_EXTENSION) !== undefined &&
    vscode.workspace.getConfiguration("go").get<boolean>("useLanguageServer", true)
  );
}
