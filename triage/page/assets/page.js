// What the triage page does beyond plain HTML: charts, copying, pausing. All of
// it can be missed; nothing on the page needs it.
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // ---- Live updates: by htmx, unless somebody has paused them or is about to
  // copy what a swap would take away.
  let paused = false;
  const pause = $("#pause");
  pause.hidden = !$("#live");
  pause.setAttribute("aria-pressed", "false");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Updates are paused" : "Pause updates";
  });
  const isSelecting = () => {
    const s = getSelection();
    return !!s && !s.isCollapsed && !!$("#live")?.contains(s.anchorNode);
  };
  document.addEventListener("htmx:beforeRequest", (e) => {
    if (paused || isSelecting() || document.hidden) e.preventDefault();
  });

  // What people have opened stays open.
  let open = [];
  document.addEventListener("htmx:beforeSwap", () => {
    open = $$("#live details[id]").map((d) => [d.id, d.open]);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, was] of open) {
      const details = document.getElementById(id);
      if (details) details.open = was;
    }
    lost(false);
    dress();
  });

  // A page that is no longer true must say so.
  let last = new Date();
  const lost = (is) => {
    const box = $("#lost");
    if (!is) last = new Date();
    box.hidden = !is;
    box.textContent = is ? `The proxy does not answer. This is how it was at ${last.toISOString().slice(11, 19)} UTC.` : "";
  };
  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failed, () => lost(true));
  }

  // Screen readers hear of another verdict, not of every update.
  let said = $("#headline")?.textContent;
  const announce = () => {
    const now = $("#headline")?.textContent;
    if (now !== said && $("#class")) $("#said").textContent = `Now ${$("#class").textContent}: ${now}`;
    said = now;
  };

  // ---- Copying.
  const copy = async (button, text) => {
    const label = button.dataset.label ?? button.textContent;
    button.dataset.label = label;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = copyOld(text) ? "Copied" : "Press Ctrl-C";
    }
    $("#said").textContent = button.textContent;
    setTimeout(() => { button.textContent = label; }, 2000);
  };
  // Without https the clipboard can be reached in the old way only.
  const copyOld = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  document.addEventListener("click", (e) => {
    const button = e.target.closest("button");
    if (!button) return;
    if (button.matches(".copy")) copy(button, button.parentElement.querySelector("pre").textContent);
    if (button.matches(".copy-message")) copy(button, document.getElementById(button.dataset.copy).textContent);
  });
  document.addEventListener("submit", () => {
    const button = $("#probe");
    if (button) { button.disabled = true; button.textContent = "Probing…"; }
  });

  // ---- Charts.
  const plots = [
    { key: "calls", title: "Calls to Notion", unit: "", lines: [["calls", "calls", 1], ["failed", "failed", 2], ["unserved", "no answer", 3]] },
    { key: "latency", title: "Notion took", unit: " ms", lines: [["p50", "p50", 1], ["p95", "p95", 3]] },
    { key: "stale", title: "Stale answers", unit: " %", lines: [["stale", "share", 3]], top: 100 },
    { key: "budget", title: "Calls in a minute", unit: "", lines: [["budget", "calls", 1], ["limit", "limit", 2]] },
  ];
  let range = "recent";
  let drawn = [];

  const colour = (n) => getComputedStyle(document.documentElement).getPropertyValue(n).trim();
  const read = () => {
    const holder = $("#chart-data");
    return holder ? JSON.parse(holder.dataset.charts) : null;
  };
  const columns = (data, plot) => {
    const set = data[range];
    return [set.at, ...plot.lines.map(([name]) => name === "limit" ? set.at.map(() => data.limit || null) : set[name])];
  };
  const summary = (plot, values) => plot.lines.map(([, label], i) => {
    const all = values[i + 1].filter((v) => v !== null);
    if (!all.length) return `${label}: no figures`;
    const round = (v) => Math.round(v * 10) / 10;
    return `${label}: ${round(all.at(-1))}${plot.unit} now, at most ${round(Math.max(...all))}${plot.unit}`;
  }).join("; ");

  // span is what a chart shows, however little there is in it yet.
  const span = (data) => {
    const end = (data[range].at.at(-1) ?? Date.now() / 1000);
    return [end - (range === "hour" ? 3600 : 300), end];
  };

  const make = (plot, figure) => {
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const options = {
      width: Math.max(figure.clientWidth, 200), height: 150, legend: { show: false }, cursor: { show: false },
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      scales: { x: { range: () => span(read()) }, y: { range: (_, low, high) => [0, plot.top ?? Math.max(high * 1.1, 4)] } },
      axes: [
        { ...axis, space: 45, size: 26, incrs: [60, 120, 300, 600, 900, 1800], values: (_, at) => at.map((s) => new Date(s * 1000).toISOString().slice(11, 16)) },
        { ...axis, size: 46, values: (_, all) => all.map((v) => v >= 10000 ? v / 1000 + "k" : String(v)) },
      ],
      series: [{}, ...plot.lines.map(([name, label, n]) => ({
        label, stroke: colour(`--c${n}`), width: 2, points: { size: 4 }, dash: name === "limit" ? [6, 4] : undefined,
      }))],
    };
    return new uPlot(options, columns(read(), plot), figure.querySelector("div"));
  };

  const draw = () => {
    const box = $("#charts"), data = read();
    if (!box || !data || typeof uPlot === "undefined") return;
    drawn.forEach((d) => d.chart.destroy());
    drawn = plots.map((plot) => {
      const figure = box.querySelector(`figure[data-plot="${plot.key}"]`);
      return { plot, figure, chart: make(plot, figure) };
    });
    label(data);
  };
  const label = (data) => drawn.forEach(({ plot, figure }) => {
    figure.querySelector("div").setAttribute("aria-label", `${plot.title}. ${summary(plot, columns(data, plot))}`);
  });
  const furnish = (box) => {
    box.hidden = false;
    const ranges = document.createElement("p");
    ranges.className = "ranges";
    for (const [name, text] of [["recent", "5 minutes"], ["hour", "1 hour"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.setAttribute("aria-pressed", String(name === range));
      button.addEventListener("click", () => {
        range = name;
        $$("button", ranges).forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
        draw();
      });
      ranges.append(button);
    }
    const grid = document.createElement("div");
    grid.className = "grid";
    for (const plot of plots) {
      const figure = document.createElement("figure");
      figure.dataset.plot = plot.key;
      const caption = document.createElement("figcaption");
      caption.textContent = plot.title + (plot.unit ? ` (${plot.unit.trim()})` : "");
      for (const [, text, n] of plot.lines) {
        const key = document.createElement("span");
        key.className = `key k${n}`;
        key.textContent = text;
        caption.append(" ", key);
      }
      const canvas = document.createElement("div");
      canvas.setAttribute("role", "img");
      figure.append(caption, canvas);
      grid.append(figure);
    }
    box.append(ranges, grid);
    draw();
  };
  const refresh = () => {
    const data = read();
    if (!data) return;
    drawn.forEach(({ plot, chart }) => chart.setData(columns(data, plot)));
    label(data);
  };

  // dress gives what the server has just sent its scripts.
  const dress = () => {
    $$("button.copy, button.copy-message").forEach((b) => { b.hidden = false; });
    announce();
    const box = $("#charts");
    if (box && !box.firstChild) furnish(box);
    else if (box) refresh();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("resize", () => drawn.forEach(({ figure, chart }) => chart.setSize({ width: Math.max(figure.clientWidth, 200), height: 150 })));
  dress();
})();
