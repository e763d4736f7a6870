// What a person does at the cashier's page or the test panel becomes orders: each with its window
// and a counter, one after the other, again until it is answered. No rule about money stands here.
"use strict";

(() => {
  const form = document.querySelector('meta[name="lanekeeper-form"]').content;
  const live = document.getElementById("live");
  const holder = document.querySelector("[data-run]");
  const typed = document.getElementById("typed");
  const broken = document.getElementById("broken");
  const restarted = document.getElementById("restarted");
  const unknown = document.getElementById("unknown");
  const said = document.getElementById("said");
  const goods = document.getElementById("goods");

  // Keys that follow each other faster than this come from a scanner.
  const BURST_MS = 30;
  const CODE_LETTERS_MIN = 6;
  const AGAIN_MS = 300;

  // ---- orders -------------------------------------------------------------------------------

  // Kept by the browser, so that a page that is loaded again goes on where it was.
  const kept = JSON.parse(sessionStorage.getItem("orders") || "null");
  const orders = kept || {
    window: Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
      byte.toString(16).padStart(2, "0")).join(""),
    counter: 0,
    waiting: [],
  };
  let run = holder ? holder.dataset.run : "";
  let sending = false;

  const keep = () => sessionStorage.setItem("orders", JSON.stringify(orders));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  function order(what) {
    orders.counter += 1;
    orders.waiting.push({ window: orders.window, run, counter: orders.counter, ...what });
    keep();
    send();
  }

  async function send() {
    if (sending) return;
    sending = true;
    while (orders.waiting.length > 0) {
      const answer = await attempt(orders.waiting[0]);
      if (answer === null) {
        if (broken) broken.hidden = false;
        await pause(AGAIN_MS);
        continue;
      }
      if (broken) broken.hidden = true;
      if (answer.status === 409) {
        // Another run of the lane: nobody knows what the last one still took.
        run = (await answer.json()).run;
        orders.waiting.length = 0;
        if (restarted) restarted.hidden = false;
      } else {
        orders.waiting.shift();
        if (answer.ok && (await answer.json()).outcome === "refused") sound(220, 0.25);
      }
      keep();
    }
    sending = false;
  }

  const attempt = (next) => post("/orders", JSON.stringify(next));

  async function post(where, body) {
    try {
      const answer = await fetch(where, {
        method: "POST",
        headers: { "x-lanekeeper-form": form, "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(10000),
      });
      return answer.status >= 500 ? null : answer;
    } catch {
      return null;
    }
  }

  const scan = (code) => order({ scan: code });
  const press = (key, text) => order({ press: { key, typed: text } });

  // ---- sounds -------------------------------------------------------------------------------

  let audio = null;
  function sound(hertz, seconds) {
    // A browser plays nothing before a person has touched the page.
    if (!navigator.userActivation.hasBeenActive) return;
    try {
      audio = audio || new AudioContext();
      const tone = audio.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + seconds);
    } catch {
      // A machine without a loudspeaker shows it all the same.
    }
  }

  // ---- number and PIN -----------------------------------------------------------------------

  // In memory only, and the PIN no longer than until it is sent.
  let who = { number: "", pin: "", field: "number", asked: "" };
  const asking = () => live && live.querySelector("[data-identify]");
  const PIN_DIGITS_MAX = 8;
  const NUMBER_DIGITS_MAX = 9;

  function typeWho(text) {
    if (!/^\d+$/.test(text)) return;
    const most = who.field === "pin" ? PIN_DIGITS_MAX : NUMBER_DIGITS_MAX;
    who[who.field] = (who[who.field] + text).slice(0, most);
    drawWho();
  }

  function clearWho() {
    const isEmpty = who.number === "" && who.pin === "";
    if (isEmpty && asking().dataset.identify === "allow") return order({ withdraw: {} });
    who = { ...who, number: "", pin: "", field: "number" };
    drawWho();
  }

  // What is shown is drawn anew whenever the page changes; another question begins empty.
  function drawWho() {
    const asked = asking();
    const purpose = asked ? asked.dataset.identify : "";
    if (purpose !== who.asked) who = { number: "", pin: "", field: "number", asked: purpose };
    if (!asked) return;
    const hasBadge = "badge" in asked.dataset;
    if (hasBadge) who.field = "pin";
    for (const field of asked.querySelectorAll("[data-field]")) {
      const name = field.dataset.field;
      const shown = field.querySelector("output");
      field.classList.toggle("active", name === who.field);
      if (name === "pin") shown.textContent = "●".repeat(who.pin.length);
      else if (!hasBadge) shown.textContent = who.number;
    }
  }

  async function enterWho() {
    const hasBadge = "badge" in asking().dataset;
    if (who.field === "number" && who.number !== "") {
      who.field = "pin";
      return drawWho();
    }
    if (who.pin === "" || (who.number === "" && !hasBadge)) return sound(220, 0.25);
    // What was pressed before is answered before.
    if (orders.waiting.length > 0) return sound(220, 0.25);
    const shown = { purpose: who.asked, number: hasBadge ? "" : who.number, pin: who.pin };
    who.pin = "";
    drawWho();
    const say = () => post("/identify", JSON.stringify({ run, ...shown }));
    let answer = await say();
    if (answer !== null && answer.status === 409) {
      // Another run of the lane: who signs on there looks at what it shows.
      run = (await answer.json()).run;
      answer = await say();
    }
    if (broken) broken.hidden = answer !== null;
    if (answer === null) return;
    if (!answer.ok || (await answer.json()).outcome === "refused") sound(220, 0.25);
  }

  // ---- keys ---------------------------------------------------------------------------------

  let digits = "";
  function show(text) {
    digits = text;
    if (typed) typed.textContent = text;
  }

  const opened = () => document.querySelector("dialog[open]");
  const isUnknownShown = () => unknown !== null && unknown.open;

  function acknowledge() {
    if (isUnknownShown()) unknown.close();
  }

  // On the pad or the keyboard.
  function type(text) {
    if (asking()) typeWho(text);
    else show(digits + text);
  }

  function clear() {
    if (asking()) return clearWho();
    select("");
    show("");
  }

  function rubOut() {
    if (!asking()) return show(digits.slice(0, -1));
    who[who.field] = who[who.field].slice(0, -1);
    drawWho();
  }

  // An amount in major units, as people type it, to minor units.
  function minor(text) {
    const places = Number(live.dataset.minorDigits);
    const found = /^(\d{1,9})(?:\.(\d*))?$/.exec(text);
    const rest = found && (found[2] || "");
    if (!found || rest.length > places) return null;
    return Number(found[1] + rest.padEnd(places, "0"));
  }

  const button = (selector) => {
    const found = live && live.querySelector(selector);
    return found && !found.disabled ? found : null;
  };

  function touch(key) {
    if (key.disabled) return;
    const dialog = opened();
    if (dialog) dialog.close();
    const name = key.dataset.key;
    let text = key.dataset.typed;
    if (key.dataset.wants && digits === "") return sound(220, 0.25);
    if (name === "void-line" && (digits || selected)) text = digits || selected;
    if ("own" in key.dataset) {
      const operator = live.querySelector("[data-operator]");
      text = operator ? operator.dataset.operator : "";
    }
    // So many pieces of it, if a number was typed.
    if (name === "return-line" && digits) text = `${text} x ${digits}`;
    if (name === "quantity") {
      text = digits;
      // Of a line that was touched; else of what is scanned next.
      if (selected) return finish("change-quantity", `${selected}. ${digits}`);
    }
    if (digits !== "" && key.dataset.key === "cash" && key.dataset.shortcut) {
      const amount = minor(digits);
      if (amount === null) return sound(220, 0.25);
      text = String(amount);
    }
    finish(name, text);
  }

  function finish(name, text) {
    show("");
    select("");
    press(name, text);
  }

  let selected = "";
  function select(line) {
    selected = line;
    for (const row of live.querySelectorAll("[data-line]")) {
      row.classList.toggle("selected", row.dataset.line === line);
    }
  }

  // Shorter than any short code.
  const RETURN_LINE = /^\d{1,3}(\.\d{1,4})?$/;

  // What Enter means depends on what was typed and on what is possible.
  function enter() {
    if (isUnknownShown()) return acknowledge();
    if (asking()) return enterWho();
    const cash = button('[data-key="cash"][data-shortcut="F10"]');
    if (digits === "") {
      const next = button('[data-key="total"]') || button('[data-key="pay-back"]') || cash;
      if (next) touch(next);
    } else if (cash) {
      touch(cash);
    } else if (live.querySelector('[data-key="return-line"]') && RETURN_LINE.test(digits)) {
      // The line's number; behind a point how many pieces of it.
      const [line, pieces] = digits.split(".");
      finish("return-line", pieces ? `${line} x ${Number(pieces)}` : line);
    } else if (live.querySelector("[data-weighs]")) {
      const grams = weighed(digits);
      if (grams === null) return sound(220, 0.25);
      finish("weight", String(grams));
    } else if (digits.length < CODE_LETTERS_MIN) {
      finish("plu", digits);
    } else {
      const code = digits;
      show("");
      scan(code);
    }
  }

  // Grams, or kilograms with a point.
  function weighed(text) {
    if (/^\d{1,6}$/.test(text)) return Number(text);
    const found = /^(\d{1,3})\.(\d{1,3})$/.exec(text);
    return found ? Number(found[1]) * 1000 + Number(found[2].padEnd(3, "0")) : null;
  }

  const deeds = {
    clear,
    enter,
    acknowledge,
    goods: openGoods,
    "leave-goods": () => goods.close(),
    leave: () => opened().close(),
    withdraw: () => order({ withdraw: {} }),
    "rub-out": () => fill((text) => text.slice(0, -1)),
    "next-field": nextField,
    seen: () => { restarted.hidden = true; },
  };

  document.addEventListener("click", (event) => {
    const key = event.target.closest("button, [data-line], [data-field]");
    if (!key) return;
    const { key: name, digit, do: action, scan: code, post: where, line, open } = key.dataset;
    const { field, letter: char, fill: named } = key.dataset;
    if (name) touch(key);
    else if (digit) type(digit);
    else if (code) pick(code);
    else if (line) select(line === selected ? "" : line);
    else if (where) hand(where);
    else if (open) openForm(open);
    else if (field) {
      who.field = field;
      drawWho();
    } else if (char) fill((text) => text + char);
    else if (named) fillNamed(key);
    else if (action) deeds[action]();
    // Enter belongs to the till, not to the button that was touched last.
    if (opened() === null && key.blur) key.blur();
  });

  function pick(code) {
    if (goods && goods.open) goods.close();
    scan(code);
  }

  function openGoods() {
    htmx.trigger("#shelf", "shelf");
    goods.showModal();
  }

  async function hand(where) {
    const answer = await fetch(where, { method: "POST", headers: { "x-lanekeeper-form": form } });
    if (said) said.textContent = answer.ok ? "" : await answer.text();
  }

  // ---- forms --------------------------------------------------------------------------------

  const board = document.getElementById("board");
  let lastField = null;

  // Where there is no keyboard, letters are typed on the screen.
  function openForm(id) {
    const menu = opened();
    if (menu) menu.close();
    const dialog = document.getElementById(id);
    const fields = dialog.querySelector("form");
    if (fields) {
      fields.reset();
      const amount = fields.querySelector('[data-kind="amount"]');
      if (amount) amount.value = digits;
      show("");
      const about = fields.querySelector("[data-of-line]");
      if (about) about.textContent = meant().text;
      fields.append(board);
      board.hidden = false;
    }
    dialog.showModal();
    const first = fields && fields.querySelector("input:not([type=hidden])");
    if (first) first.focus();
  }

  // The line that was touched, else the newest.
  function meant() {
    const row = live.querySelector(selected
      ? `[data-line="${selected}"]`
      : "[data-line]:not(.voided)");
    if (!row) return { line: "", text: "" };
    const name = row.querySelector(".name").firstChild.textContent.trim();
    return { line: row.dataset.line, text: `${row.dataset.line}. ${name}` };
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("dialog input:not([type=hidden])")) lastField = event.target;
  });

  function fill(change) {
    if (!lastField) return;
    lastField.value = change(lastField.value);
    lastField.focus();
  }

  function fillNamed(key) {
    lastField = key.closest("form").elements[key.dataset.fill];
    fill(() => key.textContent.trim());
  }

  function nextField() {
    const fields = [...opened().querySelectorAll("input:not([type=hidden])")];
    fields[(fields.indexOf(lastField) + 1) % fields.length].focus();
  }

  // A form is one key, with its fields in their order as what is typed for it.
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const sent = event.target;
    const parts = [];
    for (const field of sent.elements) {
      if (!field.name) continue;
      const text = field.value.trim();
      if (field.dataset.kind === "pieces") {
        if (Number(text) > 0) parts.push(`${field.name}x${Number(text)}`);
      } else if (field.dataset.kind === "amount") {
        const amount = minor(text);
        if (amount === null) {
          field.select();
          return sound(220, 0.25);
        }
        parts.push(String(amount));
      } else {
        parts.push(text);
      }
    }
    let text = parts.join(" ").trimEnd();
    const line = sent.querySelector("[data-of-line]") ? meant().line : "";
    if (line) text = `${line}. ${text}`;
    sent.closest("dialog").close();
    finish(sent.dataset.form, text);
  });

  function step(dialog, by) {
    const keys = [...dialog.querySelectorAll("button")].filter((key) => key.offsetParent);
    const at = keys.indexOf(document.activeElement);
    keys[(at + by + keys.length) % keys.length].focus();
  }

  // ---- scanner and keyboard -----------------------------------------------------------------

  // By the key's place and not by what an input method makes of it.
  function letter(event) {
    const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    if (place) return place[1];
    if (event.code === "NumpadDecimal" || event.code === "Period") return ".";
    // A receipt's number has it.
    if (event.code === "Minus" || event.code === "NumpadSubtract") return "-";
    const key = /^Key([A-Z])$/.exec(event.code);
    return key ? key[1] : null;
  }

  let burst = "";
  let lastMs = -Infinity;
  // What stood there before the first key that may be a scanner's: a scan lands in no field.
  let before = () => {};

  function remember(field) {
    const kept = { digits, who: { ...who }, text: field ? field.value : "" };
    before = () => {
      show(kept.digits);
      if (who.asked === kept.who.asked) who = kept.who;
      if (field) field.value = kept.text;
      drawWho();
    };
  }

  const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

  function keyDown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const now = event.timeStamp;
    const fast = now - lastMs < BURST_MS;
    const char = letter(event);
    const dialog = opened();
    const field = event.target.closest ? event.target.closest("dialog input") : null;
    if (event.code === "Enter" || event.code === "NumpadEnter") {
      const code = fast && burst.length >= CODE_LETTERS_MIN ? burst : "";
      burst = "";
      lastMs = -Infinity;
      // A form is sent, and a key of a dialog pressed, by the browser.
      if (!code && dialog && !isUnknownShown()) return;
      event.preventDefault();
      return code ? scanned(code, now) : enter();
    }
    if (char !== null) {
      if (!fast) remember(field);
      burst = fast ? burst + char : char;
      lastMs = now;
      if (dialog) return;
      event.preventDefault();
      if (/[0-9.]/.test(char)) type(char);
      return;
    }
    if (event.code === "Escape") {
      event.preventDefault();
      if (isUnknownShown()) return acknowledge();
      return dialog ? dialog.close() : clear();
    }
    if (dialog) {
      if (field === null && event.code in STEPS) {
        event.preventDefault();
        step(dialog, STEPS[event.code]);
      }
      return;
    }
    if (event.code === "Backspace") return rubOut();
    // The browser's own help, reload aside.
    if (/^F\d+$/.test(event.code) && event.code !== "F5") event.preventDefault();
    const key = button(`[data-shortcut="${event.code}"]`);
    if (key) key.click();
  }

  function scanned(code, at) {
    // What the scanner typed is not what a person typed.
    before();
    if (opened()) return sound(330, 0.15);
    scanTimes.begin(at);
    scan(code);
  }

  // ---- what came ----------------------------------------------------------------------------

  // From the last key of a scan to the paint that shows it; a test reads it.
  const scanTimes = {
    begun: [],
    taken: [],
    begin(at) { this.begun.push(at); },
    shown() {
      const begun = this.begun.shift();
      if (begun === undefined) return;
      requestAnimationFrame(() => setTimeout(() => this.taken.push(performance.now() - begun), 0));
    },
  };
  window.scanTimes = scanTimes;

  let counts = false;

  function changed() {
    scanTimes.shown();
    drawWho();
    const isCounted = counts;
    counts = live.querySelector("[data-counts]") !== null;
    if (counts && !isCounted && !opened()) openForm("form-count");
    select(live.querySelector(`[data-line="${selected}"]`) ? selected : "");
    const step = live.querySelector("[data-unknown]");
    if (unknown && step && !unknown.open) {
      document.getElementById("unknown-text").textContent =
        step.querySelector(".prompt").textContent;
      unknown.showModal();
      sound(160, 0.5);
    }
  }

  if (live) {
    drawWho();
    new MutationObserver(changed).observe(live, { childList: true });
    document.addEventListener("keydown", keyDown);
  }
  send();
})();
