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

  async function attempt(next) {
    try {
      const answer = await fetch("/orders", {
        method: "POST",
        headers: { "x-lanekeeper-form": form, "content-type": "application/json" },
        body: JSON.stringify(next),
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

  // ---- keys ---------------------------------------------------------------------------------

  let digits = "";
  function show(text) {
    digits = text;
    if (typed) typed.textContent = text;
  }

  const isUnknownShown = () => unknown !== null && unknown.open;

  function acknowledge() {
    if (isUnknownShown()) unknown.close();
  }

  // An amount in major units, as people type it, to minor units.
  function minor(text) {
    const found = /^(\d{1,9})(?:\.(\d{0,2}))?$/.exec(text);
    if (!found) return null;
    return Number(found[1]) * 100 + Number((found[2] || "").padEnd(2, "0"));
  }

  const button = (selector) => {
    const found = live && live.querySelector(selector);
    return found && !found.disabled ? found : null;
  };

  function touch(key) {
    if (key.disabled) return;
    if (goods && goods.open) goods.close();
    const name = key.dataset.key;
    let text = key.dataset.typed;
    if (key.dataset.wants && digits === "") return sound(220, 0.25);
    if (name === "void-line" && (digits || selected)) text = digits || selected;
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

  // What Enter means depends on what was typed and on what is possible.
  function enter() {
    if (isUnknownShown()) return acknowledge();
    const cash = button('[data-key="cash"][data-shortcut="F10"]');
    if (digits === "") {
      const next = button('[data-key="total"]') || cash;
      if (next) touch(next);
    } else if (cash) {
      touch(cash);
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

  document.addEventListener("click", (event) => {
    const key = event.target.closest("button, [data-line]");
    if (!key) return;
    const { key: name, digit, do: action, scan: code, post, line } = key.dataset;
    if (name) touch(key);
    else if (digit) show(digits + digit);
    else if (code) pick(code);
    else if (line) select(line === selected ? "" : line);
    else if (post) hand(post);
    else if (action === "clear") show("");
    else if (action === "enter") enter();
    else if (action === "acknowledge") acknowledge();
    else if (action === "goods") openGoods();
    else if (action === "leave-goods") goods.close();
    else if (action === "seen" && restarted) restarted.hidden = true;
    // Enter belongs to the till, not to the button that was touched last.
    if (key.blur) key.blur();
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

  // ---- scanner and keyboard -----------------------------------------------------------------

  // By the key's place and not by what an input method makes of it.
  function letter(event) {
    const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    if (place) return place[1];
    if (event.code === "NumpadDecimal" || event.code === "Period") return ".";
    const key = /^Key([A-Z])$/.exec(event.code);
    return key ? key[1] : null;
  }

  let burst = "";
  let lastMs = -Infinity;

  function keyDown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const now = event.timeStamp;
    const fast = now - lastMs < BURST_MS;
    const char = letter(event);
    if (event.code === "Enter" || event.code === "NumpadEnter") {
      event.preventDefault();
      const code = fast && burst.length >= CODE_LETTERS_MIN ? burst : "";
      burst = "";
      lastMs = -Infinity;
      if (code) return scanned(code, now);
      return enter();
    }
    if (char !== null) {
      event.preventDefault();
      burst = fast ? burst + char : char;
      lastMs = now;
      if (!isUnknownShown() && /[0-9.]/.test(char)) show(digits + char);
      return;
    }
    if (event.code === "Escape") {
      event.preventDefault();
      if (isUnknownShown()) return acknowledge();
      if (goods && goods.open) return goods.close();
      select("");
      return show("");
    }
    if (event.code === "Backspace") return show(digits.slice(0, -1));
    const key = button(`[data-shortcut="${event.code}"]`);
    if (key) {
      event.preventDefault();
      if (key.dataset.do === "goods") return openGoods();
      touch(key);
    }
  }

  function scanned(code, at) {
    // What the scanner typed is not what a person typed.
    const own = code.replace(/[^0-9.]/g, "");
    show(digits.endsWith(own) ? digits.slice(0, digits.length - own.length) : digits);
    if (isUnknownShown()) return sound(330, 0.15);
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

  function changed() {
    scanTimes.shown();
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
    new MutationObserver(changed).observe(live, { childList: true });
    document.addEventListener("keydown", keyDown);
  }
  send();
})();
