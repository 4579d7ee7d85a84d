"use strict";
// What is folded is opened for print. The rest shows the lanes and pairs in #data. Nothing here decides: numbers are
// floating point, for showing alone.
(() => {
  const folded = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = folded().filter((each) => each.id !== "static");
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });

  const holder = document.getElementById("data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const names = Object.keys(data.sides);
  const LANES = 512, ROWS = 128, SLIDER = 4096, LARGEST = 1e9;
  const byId = (id) => document.getElementById(id);

  function make(tag, about = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(about)) {
      if (name in made) made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }
  const whole = (runs) => {
    const found = new Set();
    for (const [first, last] of runs) for (let i = first; i <= last; i++) found.add(i);
    return found;
  };

  // ---- what there is
  const sides = names.map((name) => {
    const about = data.sides[name];
    const owner = new Map();
    about.pairs.forEach(([first, second], index) => { owner.set(first, [index, 0]); owner.set(second, [index, 1]); });
    return { name, about, owner, moved: new Map(about.moved), differs: whole((data.differ || {})[name] || []) };
  });
  const count = Math.max(...sides.map((side) => side.about.pairs.length));
  const kinds = (data.kinds || []).map(([words, one, of, runs]) => ({ words, one, of, has: whole(runs) }));
  const permutation = data.permutation || null;
  const inverse = permutation && permutation.reduce((found, row, lane) => { found[row] = lane; return found; }, []);
  const letters = [...new Set(sides.flatMap((side) => [...side.about.letters]))].filter((c) => c !== "." && c !== "+");
  const feedAxes = (feed) => data.feeds[feed].coordinates;

  const state = { feed: 0, at: {}, filter: "all", hovered: null, focused: null, lanesFrom: 0, pairsFrom: 0 };

  // ---- numbers
  const about = (value) => (value === null ? "not to be shown" : `about ${Number(value.toPrecision(6))}`);
  function angle(place, phase) {
    const [frequencies, start] = data.turns[place];
    let total = phase ? start : 0;
    if (total === null) return null;
    for (const [axis, frequency] of Object.entries(frequencies)) {
      if (frequency === null) return null;
      total += frequency * (state.at[axis] || 0);
    }
    return Math.abs(total) > LARGEST ? null : total;
  }
  function turned(pair) {
    const turn = pair[4][state.feed];
    return (Array.isArray(turn) ? turn : [turn]).map((place) => angle(place, true));
  }
  const degrees = (value) => ((value * 180 / Math.PI) % 360).toFixed(1);
  const angleWords = (value) => (value === null ? "too large to be shown" : `${about(value)} rad, ${degrees(value)}\u00b0`);
  function turnedWords(pair) {
    const found = turned(pair).map(angleWords), places = pair[4][state.feed];
    if (found.length === 1) return found[0];
    if (places[0] === places[1] && places[2] === places[3]) return `${found[0]} | ${found[3]}`;
    return ["cos", "sin", "sin", "cos"].map((word, i) => `${word} of ${found[i]}`).join("; ");
  }
  function pairText(place) {
    const places = Array.isArray(place) ? place : [place];
    const texts = places.map((each) => data.angles[each][0]);
    if (texts.length === 4) return `cos ${texts[0]}, sin ${texts[1]} | sin ${texts[2]}, cos ${texts[3]}`;
    return texts.join(" | ");
  }
  const exactText = (place) => (Array.isArray(place) ? place : [place]).map((each) => data.angles[each][1])
    .filter(Boolean).join(" | ");

  const power = data.proof ? data.proof.power : -1;
  // The trace, and what floating point may be off by; the reason where there is none.
  function trace(side) {
    let total = data.width - 2 * side.about.pairs.length, off = 0;
    for (let index = 0; index < side.about.pairs.length; index++) {
      const pair = side.about.pairs[index], turn = pair[4][state.feed];
      if (Array.isArray(turn)) return `pair ${index} is no rotation`;
      const value = angle(turn, false), size = data.sizes[pair[3]][1];
      if (value === null || (size === null && power !== -1)) return "numbers are too large";
      const weight = power === -1 ? 1 : size ** (2 * power + 2);
      total += 2 * weight * Math.cos(value);
      off += 2 * weight * (Math.abs(value) + 2) * 2 ** -51;
    }
    return Number.isFinite(total) ? { total, off: off + Math.abs(total) * 2 ** -45 } : "numbers are too large";
  }
  function showTrace() {
    const box = byId("trace");
    if (!box) return;
    if (data.left_out) { box.textContent = "Traces are not shown, since pairs are left out."; return; }
    const found = sides.map(trace);
    const words = found.map((each, i) => `${names[i]} ${
      typeof each === "string" ? `has none, since ${each}` : about(each.total)}`);
    const weighted = power === -1 ? "" : ", weighted by magnitudes";
    let gap = "";
    if (found.every((each) => typeof each !== "string")) {
      const value = Math.abs(found[0].total - found[1].total);
      const shown = value <= found[0].off + found[1].off ? "0, as far as floating point shows" : about(value);
      gap = ` Gap: ${shown}.`;
    }
    box.textContent = `Trace${weighted}: ${words.join("; ")}.${gap}`;
  }

  // ---- a dial: an arrow turned by an angle, counterclockwise
  const SVG = "http://www.w3.org/2000/svg";
  function dial(pair, live) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "-11 -11 22 22");
    svg.setAttribute("class", "dial");
    svg.setAttribute("aria-hidden", "true");
    const ring = document.createElementNS(SVG, "circle");
    ring.setAttribute("r", "10");
    const hand = document.createElementNS(SVG, "path");
    hand.setAttribute("d", "M0 0H9.5M6 -3L9.5 0L6 3");
    svg.append(ring, hand);
    live.push(() => {
      const value = turned(pair)[0];
      svg.style.visibility = value === null ? "hidden" : "visible";
      hand.setAttribute("transform", `rotate(${value === null ? 0 : -degrees(value)})`);
    });
    return svg;
  }

  // ---- what is shown of a pair
  const kindWords = (of, number) => kinds.filter((kind) => kind.of === of && kind.has.has(number))
    .map((kind) => kind.one);
  // A row of what is known, a column for each side: [label, words or an element].
  function facts(columns) {
    const labels = [...new Set(columns.flatMap((rows) => rows.map(([label]) => label)))];
    const head = make("thead", {}, make("tr", {}, make("td"),
      ...sides.map((side) => make("th", { scope: "col" }, side.name === "source" ? "Source" : "Target"))));
    const lines = labels.map((label) => make("tr", {}, make("th", { scope: "row" }, label),
      ...columns.map((rows) => make("td", {}, (rows.find(([own]) => own === label) || ["", ""])[1]))));
    return make("table", {}, ...(sides.length > 1 ? [head] : []), make("tbody", {}, ...lines));
  }
  // Of one axis without its name, since that has a row of its own.
  function frequencyText(place) {
    const [shown, , axes] = Array.isArray(place) ? [""] : data.angles[place];
    if (!axes || axes.length !== 1) return pairText(place);
    const [axis] = axes;
    return shown === axis ? "1" : shown.startsWith(`${axis} * `) ? shown.slice(axis.length + 3) : shown;
  }
  function pairFacts(side, index, live) {
    const pair = side.about.pairs[index];
    const rows = [];
    if (pair.length > 5) rows.push(["written to", `${pair[5]}, ${pair[6]}`]);
    const axes = new Set((Array.isArray(pair[2]) ? pair[2] : [pair[2]]).flatMap((place) => data.angles[place][2]));
    rows.push(["axis", [...axes].join(", ") || "none"], ["frequency", frequencyText(pair[2])]);
    if (exactText(pair[2])) rows.push(["exactly", exactText(pair[2])]);
    rows.push(["magnitude", data.sizes[pair[3]][0]]);
    const shown = make("span", { className: "turned", "aria-live": "off" });
    live.push(() => { shown.textContent = turnedWords(pair); });
    rows.push(["turned by", make("span", {}, dial(pair, live), " ", shown)]);
    return rows;
  }
  function sideFacts(side, chosen, live) {
    if (chosen.kind === "pair") {
      if (chosen.number >= side.about.pairs.length) return [["pair", "no such pair"]];
      const [first, second] = side.about.pairs[chosen.number];
      return [["lanes", `${first}, ${second}`], ...pairFacts(side, chosen.number, live)];
    }
    const owned = side.owner.get(chosen.number);
    if (!owned) {
      const to = side.moved.get(chosen.number);
      if (data.left_out) return [["pair", "none, or one that is left out"]];
      return [["pair", to === undefined ? "none: it passes unchanged" : `none: it passes to lane ${to}`]];
    }
    const pair = side.about.pairs[owned[0]];
    return [["pair", String(owned[0])], ["partner", `lane ${pair[1 - owned[1]]}`], ...pairFacts(side, owned[0], live)];
  }
  let liveDetail = [];
  function showDetail() {
    const chosen = state.hovered || state.focused;
    const box = byId("chosen");
    byId("detail").classList.toggle("held", Boolean(chosen));
    liveDetail = [];
    mark(chosen);
    if (!chosen) {
      byId("detail-title").textContent = "Chosen lane or pair";
      box.replaceChildren(make("p", {}, "None yet."));
      return;
    }
    byId("detail-title").textContent = `${chosen.kind === "lane" ? "Lane" : "Pair"} ${chosen.number}`;
    const columns = sides.map((side) => sideFacts(side, chosen, liveDetail));
    const said = (of, number) => kindWords(of, number).map((words) => `${of === "pair" ? "Pair" : "Lane"} ${number} ${words}.`);
    const notes = said(chosen.kind, chosen.number);
    if (chosen.kind === "lane" && sides.length > 1) {
      const pairs = new Set(sides.map((side) => side.owner.get(chosen.number)).filter(Boolean).map(([index]) => index));
      for (const index of pairs) notes.push(...said("pair", index));
    }
    if (chosen.kind === "lane" && permutation) {
      notes.push(`Weights: row ${chosen.number} of the target is row ${permutation[chosen.number]} of the source; row ` +
        `${chosen.number} of the source becomes row ${inverse[chosen.number]}.`);
    }
    box.replaceChildren(facts(columns), ...(notes.length ? [make("p", {}, notes.join(" "))] : []));
    for (const update of liveDetail) update();
  }
  function mark(chosen) {
    for (const each of document.querySelectorAll(".chosen, .partner, .goes")) {
      each.classList.remove("chosen", "partner", "goes");
    }
    if (!chosen) return;
    const lanes = sides.map((side) => {
      const index = chosen.kind === "pair" ? chosen.number : (side.owner.get(chosen.number) || [-1])[0];
      const pair = side.about.pairs[index];
      return { index, pair: pair ? [pair[0], pair[1]] : [] };
    });
    sides.forEach((side, i) => {
      const put = (lane, name) => {
        const cell = byId(`${side.name}-${lane}`);
        if (cell) cell.classList.add(name);
      };
      for (const lane of lanes[i].pair) put(lane, chosen.kind === "lane" && lane !== chosen.number ? "partner" : "chosen");
      if (chosen.kind === "lane") put(chosen.number, "chosen");
      if (chosen.kind === "lane" && permutation && chosen.side && chosen.side !== side.name) {
        put(side.name === "target" ? inverse[chosen.number] : permutation[chosen.number], "goes");
      }
    });
    for (const index of new Set(lanes.map((each) => each.index))) {
      const row = byId(`pair-${index}`);
      if (row) row.classList.add("chosen");
    }
  }

  // ---- moving with the keyboard: one stop for Tab, arrow keys inside
  function rove(box, selector, choose) {
    const all = () => [...box.querySelectorAll(selector)];
    box.addEventListener("keydown", (event) => {
      const cells = all(), place = cells.indexOf(document.activeElement);
      if (place < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
      const top = (cell) => cell.getBoundingClientRect().top;
      const wrapped = cells.findIndex((cell) => top(cell) > top(cells[0]) + 1);
      const columns = wrapped < 0 ? cells.length : wrapped;
      const to = { ArrowRight: place + 1, ArrowLeft: place - 1, ArrowDown: place + columns, ArrowUp: place - columns,
        Home: 0, End: cells.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      if (to >= 0 && to < cells.length) cells[to].focus();
    });
    box.addEventListener("focusin", (event) => {
      const cell = event.target.closest(selector);
      if (!cell) return;
      for (const each of all()) each.tabIndex = each === cell ? 0 : -1;
      state.focused = choose(cell);
      state.hovered = null;
      showDetail();
    });
    box.addEventListener("keyup", (event) => {
      if (event.key === "Escape") { state.focused = state.hovered = null; showDetail(); }
    });
  }
  function hover(box, selector, choose) {
    box.addEventListener("pointerover", (event) => {
      const cell = event.target.closest(selector);
      if (!cell || event.pointerType === "touch") return;
      state.hovered = choose(cell);
      showDetail();
    });
    box.addEventListener("pointerleave", () => { if (state.hovered) { state.hovered = null; showDetail(); } });
  }

  // ---- the filter
  function pairShown(index) {
    if (state.filter === "all") return true;
    if (state.filter === "differs") {
      return sides.some((side) => side.differs.has(index) || lanesOf(side, index).some(laneDiffers));
    }
    const kind = kinds[Number(state.filter)];
    if (kind.of === "pair") return kind.has.has(index);
    return sides.some((side) => lanesOf(side, index).some((lane) => kind.has.has(lane)));
  }
  const lanesOf = (side, index) => (side.about.pairs[index] || []).slice(0, 2);
  const laneDiffers = (lane) => kinds.some((kind) => kind.of === "lane" && kind.has.has(lane));
  function laneShown(side, lane) {
    if (state.filter === "all") return true;
    const owned = side.owner.get(lane);
    if (state.filter === "differs") return laneDiffers(lane) || Boolean(owned && side.differs.has(owned[0]));
    const kind = kinds[Number(state.filter)];
    return kind.of === "lane" ? kind.has.has(lane) : Boolean(owned && kind.has.has(owned[0]));
  }

  // ---- drawing
  function pager(box, words, total, size, from, go) {
    box.hidden = total <= size;
    if (box.hidden) { box.replaceChildren(); return; }
    const last = Math.min(total, from + size) - 1;
    const button = (label, to) => make("button", { type: "button", disabled: to < 0 || to >= total, onclick: () => go(to) },
      label);
    box.replaceChildren(button("Back", from - size), ` ${words(from, last)} of ${total} `,
      button("Next", from + size));
  }
  function drawMaps() {
    for (const side of sides) {
      const cells = [];
      for (let lane = state.lanesFrom; lane < Math.min(data.width, state.lanesFrom + LANES); lane++) {
        const owned = side.owner.get(lane);
        const letter = owned ? side.about.letters[owned[0]] : data.left_out ? "?" : "\u2013";
        const differs = laneDiffers(lane) || Boolean(owned && side.differs.has(owned[0]));
        const words = [`${side.name} lane`, owned ? `pair ${owned[0]}` : "in no pair", ...(differs ? ["differs"] : [])];
        const hue = letters.indexOf(letter);
        const cell = make("button", { type: "button", id: `${side.name}-${lane}`, tabIndex: -1,
          className: `lane ${hue >= 0 ? `axis-${hue % 6}` : "no-axis"}` },
        make("span", { className: "number" }, String(lane)), make("span", {}, letter),
        make("span", { className: "spoken" }, words.join(", ")));
        cell.classList.toggle("differs", differs);
        cell.classList.toggle("faded", !laneShown(side, lane));
        cells.push(cell);
      }
      if (cells.length) cells[0].tabIndex = 0;
      byId(`map-${side.name}`).replaceChildren(...cells);
    }
    pager(byId("lanes-pager"), (from, last) => `Lanes ${from} to ${last}`, data.width, LANES, state.lanesFrom,
      (to) => { state.lanesFrom = to; drawMaps(); });
  }
  let liveRows = [];
  function drawPairs() {
    liveRows = [];
    const shown = [];
    for (let index = 0; index < count; index++) if (pairShown(index)) shown.push(index);
    if (state.pairsFrom >= shown.length) state.pairsFrom = 0;
    const rows = shown.slice(state.pairsFrom, state.pairsFrom + ROWS).map((index, place) => {
      const words = sides.length > 1 ? kindWords("pair", index) : [];
      const head = make("th", { scope: "row" },
        make("button", { type: "button", className: "pick", tabIndex: place ? -1 : 0, "aria-label": `pair ${index}` },
          String(index)),
        ...(words.length ? [make("span", { className: "kinds" }, `\u2260 ${words.join("; ")}`)] : []));
      const cells = sides.map((side) => {
        const pair = side.about.pairs[index];
        if (!pair) return make("td", {}, "no such pair");
        const shownAngle = make("span", { className: "turned" });
        liveRows.push(() => { shownAngle.textContent = turnedWords(pair); });
        const lines = [`lanes ${pair[0]}, ${pair[1]}`, pairText(pair[2])];
        if (pair.length > 5) lines.splice(1, 0, `written to ${pair[5]}, ${pair[6]}`);
        if (data.sizes[pair[3]][0] !== "1") lines.push(`magnitude ${data.sizes[pair[3]][0]}`);
        return make("td", {}, ...lines.map((line) => make("div", {}, line)),
          make("div", {}, dial(pair, liveRows), " ", shownAngle));
      });
      return make("tr", { id: `pair-${index}`, "data-pair": String(index) }, head, ...cells);
    });
    document.querySelector("#pairs tbody").replaceChildren(...rows);
    for (const update of liveRows) update();
    pager(byId("pairs-pager"), (from, last) => `Rows ${from + 1} to ${last + 1}`, shown.length, ROWS, state.pairsFrom,
      (to) => { state.pairsFrom = to; drawPairs(); });
  }
  function move() {
    for (const update of [...liveRows, ...liveDetail]) update();
    showTrace();
  }

  // ---- the position
  const proofPlace = (() => {
    if (!data.proof || !data.proof.position) return null;
    const parts = data.proof.position.map((part) => Object.entries(part)
      .map(([name, value]) => [name, String(value).split("/").map(Number)])
      .map(([name, [above, below = 1]]) => [name, above / below]));
    const used = parts.map((part, i) => (part.some(([, value]) => value !== 0) ? i : -1)).filter((i) => i >= 0);
    if (used.length !== 1) return null;
    const [feed] = used, at = Object.fromEntries(parts[feed]);
    const fits = Object.entries(at).every(([name, value]) => feedAxes(feed).includes(name) && value >= 0 &&
      value <= LARGEST);
    return fits ? { feed, at } : null;
  })();
  function limit(name) {
    const wanted = proofPlace && proofPlace.feed === state.feed ? proofPlace.at[name] || 0 : 0;
    let most = SLIDER;
    while (most < wanted) most *= 2;
    return most;
  }
  function drawSliders() {
    const rows = feedAxes(state.feed).map((name, i) => {
      const step = data.whole ? "1" : "any";
      const range = make("input", { type: "range", id: `at-${i}`, min: "0", max: String(limit(name)), step: "1" });
      const number = make("input", { type: "number", id: `at-${i}-number`, min: "0", max: String(LARGEST), step,
        "aria-label": `${name}, as a number` });
      const set = (value, from) => {
        if (!Number.isFinite(value)) return;
        state.at[name] = Math.min(LARGEST, Math.max(0, data.whole ? Math.round(value) : value));
        if (from !== range) range.value = state.at[name];
        if (from !== number) number.value = state.at[name];
        move();
      };
      range.value = number.value = state.at[name];
      range.addEventListener("input", () => set(range.valueAsNumber, range));
      number.addEventListener("input", () => set(number.valueAsNumber, number));
      number.addEventListener("change", () => set(state.at[name], null));
      return make("div", { className: "slider" }, make("label", { htmlFor: `at-${i}` }, name), range, number);
    });
    byId("sliders").replaceChildren(...(rows.length ? rows : [make("p", {}, "This feed has no coordinate.")]));
  }
  function goTo(place) {
    state.feed = place.feed;
    if (byId("feed")) byId("feed").value = String(place.feed);
    state.at = Object.fromEntries(feedAxes(place.feed).map((name) => [name, place.at[name] || 0]));
    drawSliders();
    move();
  }

  // ---- putting it together
  const select = byId("filter");
  if (select) {
    const option = (value, words, number) => make("option", { value }, `${words} (${number})`);
    const all = [...Array(count).keys()];
    state.filter = "differs";
    const differing = all.filter(pairShown).length;
    state.filter = "all";
    select.append(option("all", "all pairs", count), option("differs", "what differs", differing),
      ...kinds.map((kind, i) => option(String(i), `${kind.of}s that ${kind.words}`, kind.has.size)));
    select.addEventListener("change", () => {
      state.filter = select.value;
      state.pairsFrom = 0;
      drawMaps();
      drawPairs();
      showDetail();
    });
  }
  const laneOf = (side) => (cell) => ({ kind: "lane", number: Number(cell.id.split("-").pop()), side: side.name });
  for (const side of sides) {
    rove(byId(`map-${side.name}`), ".lane", laneOf(side));
    hover(byId(`map-${side.name}`), ".lane", laneOf(side));
  }
  const pairOf = (cell) => ({ kind: "pair", number: Number(cell.closest("tr").dataset.pair) });
  rove(document.querySelector("#pairs tbody"), ".pick", pairOf);
  hover(document.querySelector("#pairs tbody"), "tr", pairOf);
  if (byId("feed")) {
    byId("feed").addEventListener("change", () => goTo(start(Number(byId("feed").value))));
  }
  const start = (feed) => ({ feed, at: Object.fromEntries(feedAxes(feed).map((name) => [name, 1])) });
  if (proofPlace) {
    const button = byId("proof-position");
    const words = Object.entries(proofPlace.at).map(([name, value]) => `${name}=${value}`).join(", ");
    button.textContent = `Go to the position of the proof: ${words}`;
    button.hidden = false;
    button.addEventListener("click", () => goTo(proofPlace));
  }
  byId("static").open = false;
  byId("interactive").hidden = false;
  drawMaps();
  drawPairs();
  showDetail();
  goTo(proofPlace || start(0));
})();
