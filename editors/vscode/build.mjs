// Bundles the extension into dist/extension.js, with the licences of what it carries beside it.

import * as fs from "node:fs";
import * as path from "node:path";

import { build } from "esbuild";

const OUT = "dist/extension.js";

/** The packages whose files are part of the bundle, as folders below node_modules. */
function packagesOf(metafile) {
  const inside = Object.entries(metafile.outputs[OUT].inputs).filter(([, input]) => input.bytesInOutput > 0);
  const folders = inside.map(([file]) => file.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${fs.readFileSync(path.join(folder, file), "utf8").trim()}\n`;
}

const { metafile } = await build({
  entryPoints: ["src/extension.ts"],
  outfile: OUT,
  bundle: true,
  external: ["vscode"],
  format: "cjs",
  platform: "node",
  target: "node18",
  minify: true,
  metafile: true,
  logLevel: "warning",
});
const licences = packagesOf(metafile).map(licenceOf);
fs.writeFileSync("dist/THIRD-PARTY-LICENSES.txt", licences.join(`\n${"-".repeat(80)}\n\n`));
