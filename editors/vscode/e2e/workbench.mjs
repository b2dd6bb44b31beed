// VS Code's workbench as a person sees it: what to look at, what to press. Each wait has a limit and a name, so that a
// failure says what did not happen.

import { chromium } from "playwright-core";

/** Longest wait for one thing to happen, in milliseconds. */
const LIMIT = 20_000;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser; the caller closes it. */
export function startBrowser(executablePath) {
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

export class Workbench {
  #page;

  /** Opens `folder` in the code-server at `url`. Nothing but loopback is reached. */
  static async open(browser, url, folder) {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    await context.route(
      (address) => address.hostname !== new URL(url).hostname,
      (route) => route.abort(),
    );
    const workbench = new Workbench();
    context.setDefaultTimeout(LIMIT);
    workbench.#page = await context.newPage();
    await workbench.#page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
    await workbench.#see("the workbench", ".monaco-workbench");
    return workbench;
  }

  close() {
    return this.#page.context().close();
  }

  picture(path) {
    return this.#page.screenshot({ path });
  }

  async openFile(name) {
    const row = this.#page.locator(".explorer-folders-view .monaco-list-row", { hasText: name });
    await within(`${name} in the explorer`, row.first().waitFor());
    await row.first().dblclick();
    await this.#see("the editor with the file", ".monaco-editor .view-line");
  }

  squiggle() {
    return this.#see("a squiggle under the error", ".monaco-editor .squiggly-error");
  }

  async noSquiggle() {
    const squiggle = this.#page.locator(".monaco-editor .squiggly-error").first();
    await within("the squiggle to go", squiggle.waitFor({ state: "detached" }));
  }

  countSquiggles() {
    return this.#page.locator(".monaco-editor .squiggly-error").count();
  }

  /** Shows the Problems panel and answers with the text of its row that holds `text`. */
  async problem(text) {
    const row = this.#page.locator(".markers-panel .monaco-list-row", { hasText: text }).first();
    await this.#page.keyboard.press("Control+Shift+M");
    await within(`a row with ${text} in Problems`, row.waitFor());
    return row.innerText();
  }

  async noProblem(text) {
    const row = this.#page.locator(".markers-panel .monaco-list-row", { hasText: text }).first();
    await within(`the row with ${text} to leave Problems`, row.waitFor({ state: "detached" }));
  }

  /** Rests the mouse on `word` of the line that holds it and answers with the hover that shows `expected`. */
  async hover(word, expected) {
    const hover = this.#page.locator(".monaco-hover:not(.hidden)", { hasText: expected }).first();
    const deadline = Date.now() + LIMIT;
    for (;;) {
      const { x, y } = await this.#placeOf(word);
      await this.#page.mouse.move(x, y + 60);
      await this.#page.mouse.move(x, y, { steps: 4 });
      try {
        await hover.waitFor({ timeout: 1_500 });
        return await hover.innerText();
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`waited for a hover on ${word} that shows ${expected}`, { cause: error });
      }
    }
  }

  /** Puts the caret at the end of a line, which is counted from one. By keys, since a hover may lie over the text. */
  async caretAtEndOf(line) {
    await this.#page.keyboard.press("Control+G");
    await this.#see("the box for a line number", ".quick-input-widget input");
    await this.#page.keyboard.type(String(line));
    await this.#page.keyboard.press("Enter");
    const status = this.#page.locator(".statusbar-item", { hasText: `Ln ${line}, ` });
    await within(`the caret on line ${line}`, status.first().waitFor());
    await this.#page.keyboard.press("End");
  }

  async type(text) {
    for (const [index, line] of text.split("\n").entries()) {
      if (index > 0) await this.#page.keyboard.press("Enter");
      await this.#page.keyboard.type(line);
    }
    // Suggestions that the text brought up would swallow the next keys.
    await this.#page.keyboard.press("Escape");
  }

  async save() {
    await this.#page.keyboard.press("Control+S");
    const unsaved = this.#page.locator(".tab.active.dirty");
    await within("the file to be saved", unsaved.waitFor({ state: "detached" }));
  }

  /** Opens the menu of code actions at the caret and takes the one with this title. */
  async codeAction(title) {
    const row = this.#page.locator(".action-widget .monaco-list-row", { hasText: title }).first();
    await this.#page.keyboard.press("Control+.");
    await within(`the code action ${title} in the menu`, row.waitFor());
    // By keys: a pointer block lies over the menu and takes the clicks.
    const rows = await this.#page.locator(".action-widget .monaco-list-row.action").count();
    for (let moves = 0; !(await row.getAttribute("class")).includes("focused"); moves += 1) {
      if (moves === rows) throw new Error(`the keys do not reach the code action ${title}`);
      await this.#page.keyboard.press("ArrowDown");
    }
    await this.#page.keyboard.press("Enter");
  }

  /** Runs a command of the command palette. */
  async command(title) {
    const row = this.#page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await this.#page.keyboard.press("F1");
    await this.#see("the command palette", ".quick-input-widget input");
    await this.#page.keyboard.type(title);
    await within(`${title} in the command palette`, row.waitFor());
    await row.click();
  }

  /** The text of the notification that holds `text`. */
  async notification(text) {
    const toast = this.#page.locator(".notification-toast", { hasText: text }).first();
    await within(`a notification with ${text}`, toast.waitFor());
    return toast.innerText();
  }

  /** The middle of `word` on the screen, found by the text of the editor's lines. */
  async #placeOf(word) {
    const span = this.#page.locator(".monaco-editor .view-line span span", { hasText: word }).first();
    await within(`${word} in the editor`, span.waitFor());
    const place = await span.evaluate((element, text) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.data.indexOf(text);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + text.length);
        const box = range.getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      }
      return null;
    }, word);
    if (place === null) throw new Error(`${word} is broken over several spans of the editor`);
    return place;
  }

  #see(what, selector) {
    return within(what, this.#page.locator(selector).first().waitFor());
  }
}

async function within(what, wait) {
  try {
    return await wait;
  } catch (error) {
    throw new Error(`waited for ${what}`, { cause: error });
  }
}
