// The extension's door: what VS Code calls, and the commands that its user calls.

import * as vscode from "vscode";

import { writeLoader } from "./loader";
import { Server } from "./server";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const started = (server = new Server());
  context.subscriptions.push(
    started,
    vscode.commands.registerCommand("gobpf.restartServer", () => started.restart()),
    vscode.commands.registerCommand("gobpf.writeLoader", () => writeLoader(started.isRunning)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("gobpf.serverPath")) void started.restart();
    }),
  );
  await started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
