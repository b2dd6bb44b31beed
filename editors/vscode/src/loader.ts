// The command that writes the loader: the server's code action, found, resolved and applied without a menu.

import * as vscode from "vscode";

import * as wording from "./wording";

/** Kind of the server's code action. */
const KIND = "source.gobpf.writeLoader";

/** Writes the loader of the active Go file and shows it. What fails is shown. */
export async function writeLoader(serverIsRunning: boolean): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "go") return warn(wording.NO_GO_FILE);
  if (!serverIsRunning) return warn(wording.NOT_RUNNING);
  const edit = await loaderEdit(document);
  if (edit === undefined) return warn(wording.NO_LOADER);
  if (!(await vscode.workspace.applyEdit(edit))) return warn(wording.EDIT_REFUSED);
  const written = edit.entries().map(([uri]) => uri);
  for (const uri of written) {
    const loader = await vscode.workspace.openTextDocument(uri);
    await loader.save();
    await vscode.window.showTextDocument(loader);
  }
}

async function loaderEdit(document: vscode.TextDocument): Promise<vscode.WorkspaceEdit | undefined> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
    KIND,
    1, // the number of actions to resolve: there is one
  );
  return actions.find((action) => action.disabled === undefined)?.edit;
}

async function warn(message: string): Promise<void> {
  await vscode.window.showWarningMessage(message);
}
