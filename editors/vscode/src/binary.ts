// Where the server's binary is: the setting, then the PATH.

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Why there is no binary; `place` is the path that the setting came to, empty for `path`. */
export interface Missing {
  readonly kind: "setting" | "notExecutable" | "path";
  readonly place: string;
}

export type Found = { readonly path: string } | { readonly missing: Missing };

/**
 * The binary to run. `setting` is the value of `gobpf.serverPath`; where it is given it decides alone, so that a typing
 * error in it is reported instead of hidden by an older binary on the PATH.
 */
export function findBinary(setting: string, workspaceFolder: string | undefined): Found {
  if (setting.trim() !== "") {
    const place = expand(setting.trim(), workspaceFolder);
    if (!fs.existsSync(place)) return { missing: { kind: "setting", place } };
    return isExecutable(place) ? { path: place } : { missing: { kind: "notExecutable", place } };
  }
  const name = process.platform === "win32" ? "gobpf-lsp.exe" : "gobpf-lsp";
  const onPath = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
  return onPath === undefined ? { missing: { kind: "path", place: "" } } : { path: onPath };
}

function expand(setting: string, workspaceFolder: string | undefined): string {
  const root = workspaceFolder ?? os.homedir();
  const plain = setting.replace(/^~(?=$|[\\/])/, os.homedir()).replaceAll("${workspaceFolder}", root);
  return path.resolve(root, plain);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
