// The one server process of a window: found, started, restarted, stopped.

import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

import { findBinary } from "./binary";
import { serverSettings } from "./settings";
import * as wording from "./wording";

/** Longest wait for the answer to `initialize`, in milliseconds; what takes longer is no language server. */
const START_LIMIT_MS = 20_000;

export class Server implements vscode.Disposable {
  readonly #output = vscode.window.createOutputChannel("eBPF in Go");
  #client: LanguageClient | undefined;
  /** Starts and stops take turns: the tail of the queue. */
  #turn: Promise<void> = Promise.resolve();

  get isRunning(): boolean {
    return this.#client?.isRunning() ?? false;
  }

  /** Starts the server, after stopping the one that runs. Never rejects: what fails is shown. */
  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  dispose(): void {
    this.#output.dispose();
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step);
    return this.#turn;
  }

  async #start(): Promise<void> {
    const setting = vscode.workspace.getConfiguration("gobpf").get<string>("serverPath", "");
    const found = findBinary(setting, vscode.workspace.workspaceFolders?.[0]?.uri.fsPath);
    if ("missing" in found) {
      this.#report(wording.serverMissing(found.missing), wording.OPEN_SETTINGS);
      return;
    }
    this.#output.appendLine(`starting ${found.path}`);
    const client = newClient(found.path, this.#output);
    try {
      await within(START_LIMIT_MS, client.start());
      this.#client = client;
    } catch (error) {
      this.#report(wording.serverFailed(found.path, error), wording.SHOW_OUTPUT);
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      // A server that died or that does not answer has nothing left to stop.
      this.#output.appendLine(`stopping: ${String(error)}`);
    }
  }

  /** Shows an error without waiting for the answer, which may never come. */
  #report(message: string, remedy: string): void {
    this.#output.appendLine(message);
    void vscode.window.showErrorMessage(message, remedy, wording.RETRY).then((choice) => {
      if (choice === wording.RETRY) return this.restart();
      if (choice === wording.SHOW_OUTPUT) return this.#output.show();
      if (choice === wording.OPEN_SETTINGS) {
        return vscode.commands.executeCommand("workbench.action.openSettings", "gobpf.serverPath");
      }
      return undefined;
    });
  }
}

/** The outcome of `work`, or an error where it takes more than `limit` milliseconds. */
function within(limit: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(wording.noAnswer(limit))), limit);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function newClient(binary: string, output: vscode.OutputChannel): LanguageClient {
  const client: LanguageClient = new LanguageClient(
    "gobpf", // also the prefix of the setting gobpf.trace.server
    "eBPF in Go",
    { command: binary, transport: TransportKind.stdio },
    {
      documentSelector: [{ scheme: "file", language: "go" }],
      initializationOptions: serverSettings(),
      outputChannel: output,
      middleware: {
        workspace: {
          configuration: (params, token, next) =>
            params.items.every((item) => item.section === "gobpf")
              ? params.items.map((item) => serverSettings(item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined))
              : next(params, token),
          // Called where the server registered for changes; replaces the raw settings by ours.
          didChangeConfiguration: () =>
            client.sendNotification("workspace/didChangeConfiguration", { settings: { gobpf: serverSettings() } }),
        },
      },
      synchronize: { configurationSection: "gobpf" },
    },
  );
  return client;
}
