// MultiQC keeps its settings in the browser, where a sandbox has no room: here they last as long as the page.
for (const name of ['localStorage', 'sessionStorage']) {
  const kept = new Map();
  Object.defineProperty(window, name, {value: {
    getItem: key => kept.get(String(key)) ?? null,
    setItem: (key, value) => { kept.set(String(key), String(value)); },
    removeItem: key => { kept.delete(String(key)); },
    clear: () => kept.clear(),
    key: n => [...kept.keys()][n] ?? null,
    get length() { return kept.size; },
  }});
}
Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}});
