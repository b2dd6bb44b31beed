// usage: driver.mjs URL WORK_FOLDER CHROMIUM BINARY
//
// The round trip of a program in the editor with the server on the PATH, and the same program with the server missing,
// which the user then remedies. Exit: 0 passed, 1 failed.

import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { startBrowser, Workbench } from "./workbench.mjs";

const [url, work, chromium, binary] = process.argv.slice(2);

/** The verifier's complaint: a map lookup may find nothing, and its result is used unchecked. */
const PROGRAM = `package main

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}

func main() {
	n := calls.Lookup(1)
	bpf.TracePrintk("calls: %d\\n", *n)
}
`;
const LOOKUP_LINE = 8;
const FIX = "\nif n == nil {\nreturn\n}";
const MISSING = "/nonexistent/gobpf-lsp";
const CODE = /GB04\d\d/;

/** In every loader: what generated Go must say, that it is no part of its package, and the library that loads. */
const LOADER_PARTS = ["// Code generated ", "\n//go:build ignore\n", '"github.com/cilium/ebpf"', "\nfunc main() {"];

const SCENARIOS = { roundTrip, serverMissing };

async function roundTrip(workbench, folder, step) {
  await workbench.openFile("calls.go");
  await workbench.squiggle();
  step("squiggle shown");
  const row = await workbench.problem(CODE);
  step(`problem shown: ${oneLine(row)}`);

  const hover = await workbench.hover("TracePrintk", "eBPF");
  check(/\br[0-9] = /.test(hover), `the hover has instructions: ${oneLine(hover)}`);
  step(`hover shown: ${oneLine(hover)}`);

  await workbench.caretAtEndOf(LOOKUP_LINE);
  await workbench.type(FIX);
  await workbench.noSquiggle();
  await workbench.noProblem(CODE);
  step("squiggle and problem gone after the edit");
  await workbench.save();

  const loader = path.join(folder, "calls-ebpf.go");
  await workbench.codeAction("Write eBPF loader");
  const first = await loaderAt(loader);
  step("loader written by the code action");

  // Over the file that is there, which is open in an editor as well.
  await workbench.openFile("calls-ebpf.go");
  await workbench.openFile("calls.go");
  const time = fs.statSync(loader).mtimeMs;
  await workbench.command("eBPF: Write Loader");
  await until("the loader to be written again", () => fs.statSync(loader).mtimeMs > time);
  const second = await loaderAt(loader);
  check(second === first, `the second loader is the first: ${oneLine(second)}`);
  step("loader written again by the command");
}

async function serverMissing(workbench, folder, step) {
  await workbench.openFile("calls.go");
  const text = await workbench.notification("gobpf.serverPath");
  check(text.includes(MISSING), `the message names the path: ${oneLine(text)}`);
  step(`message shown: ${oneLine(text)}`);
  await sleep(1_000);
  check((await workbench.countSquiggles()) === 0, "there is no squiggle");
  step("no squiggle without a server");

  writeServerPath(folder, binary);
  await workbench.squiggle();
  step("squiggle shown as soon as the setting is right");
}

/** The text of the loader in `file`, as soon as it is on the disk, whole. */
async function loaderAt(file) {
  let text = "";
  await until(`a loader in ${path.basename(file)}`, () => {
    text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    return LOADER_PARTS.every((part) => text.includes(part));
  });
  return text;
}

async function until(what, holds) {
  for (let tries = 0; tries < 150; tries += 1, await sleep(100)) if (holds()) return;
  throw new Error(`waited for ${what}`);
}

function check(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

function oneLine(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

function makeFolder(name) {
  const folder = path.join(work, name);
  fs.mkdirSync(path.join(folder, ".vscode"), { recursive: true });
  fs.writeFileSync(path.join(folder, "go.mod"), "module example.com/calls\n\ngo 1.23\n");
  fs.writeFileSync(path.join(folder, "calls.go"), PROGRAM);
  if (name === "serverMissing") writeServerPath(folder, MISSING);
  return folder;
}

function writeServerPath(folder, serverPath) {
  fs.writeFileSync(
    path.join(folder, ".vscode", "settings.json"),
    JSON.stringify({ "gobpf.serverPath": serverPath }),
  );
}

async function run(browser, name, scenario) {
  const folder = makeFolder(name);
  const start = Date.now();
  const step = (text) => console.log(`ok: ${name}: ${text} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  let workbench;
  try {
    workbench = await Workbench.open(browser, url, folder);
    await scenario(workbench, folder, step);
    return true;
  } catch (error) {
    console.log(`FAILED: ${name}: ${oneLine(error.message)}`);
    const shots = process.env.GOBPF_E2E_SHOTS;
    if (shots) await workbench?.picture(path.join(shots, `${name}.png`)).catch(() => undefined);
    return false;
  } finally {
    await workbench?.close();
  }
}

const browser = await startBrowser(chromium);
let passed = true;
for (const [name, scenario] of Object.entries(SCENARIOS)) passed = (await run(browser, name, scenario)) && passed;
await browser.close();
console.log(passed ? "PASSED" : "FAILED");
process.exitCode = passed ? 0 : 1;
