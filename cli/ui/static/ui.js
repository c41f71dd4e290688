// Renews the live parts of a page, follows a log, and shows that a page is on its way.
// Everything here works without it, too: pages then load themselves again.
'use strict';

const MOST_PAUSE = 60;
const said = document.getElementById('said');

// Says that the page is not up to date, since when, and why; an empty text takes it back.
function stale(text) {
  let note = document.querySelector('.stale');
  if (!text) { note?.remove(); return; }
  if (!note) {
    note = document.createElement('p');
    note.className = 'stale';
    note.dataset.since = new Date().toLocaleTimeString();
    note.setAttribute('role', 'alert');
    document.querySelector('main').prepend(note);
  }
  text = `Not up to date since ${note.dataset.since}: ${text}`;
  if (note.textContent !== text) note.textContent = text;
}

// Fetches a part of the page; null if it did not come.
async function fetched(address, options = {}) {
  try {
    const answer = await fetch(address, {...options, signal: AbortSignal.timeout(120000)});
    if (answer.ok) { stale(''); return answer; }
    const {body} = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const texts = [...body.querySelectorAll('p, li')].map(each => each.textContent.trim());
    stale((texts.length ? texts : [body.textContent.trim()]).join('. '));
  } catch {
    stale('seqstack ui does not answer. Was it ended?');
  }
  return null;
}

const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));
const shown = () => new Promise(done => {
  if (!document.hidden) { done(); return; }
  document.addEventListener('visibilitychange', () => done(), {once: true});
});

// Puts the new part in the old one's place; what was open stays open, and the focus stays.
function put(old, text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById(old.id);
  if (!fresh) return old;
  for (const each of old.querySelectorAll('details[open]')) {
    if (each.id) fresh.querySelector(`#${each.id}`)?.setAttribute('open', '');
  }
  if (fresh.outerHTML === old.outerHTML) return old;
  const places = [...old.querySelectorAll('.scroll')].map(each => each.scrollLeft);
  const all = [...old.querySelectorAll('a, button, summary, [tabindex]')];
  const focused = all.indexOf(document.activeElement);
  const address = document.activeElement.getAttribute('href');
  const label = document.activeElement.textContent;
  old.replaceWith(fresh);
  [...fresh.querySelectorAll('.scroll')].forEach((each, n) => { each.scrollLeft = places[n] ?? 0; });
  if (focused >= 0) {
    const now = [...fresh.querySelectorAll('a, button, summary, [tabindex]')];
    const same = now.filter(each => address && each.getAttribute('href') === address);
    const next = same.find(each => each.textContent === label) ?? same[0] ?? now[focused];
    next?.focus({preventScroll: true});
  }
  if (fresh.dataset.said !== old.dataset.said) said.textContent = fresh.dataset.said ?? '';
  return fresh;
}

async function renew(part) {
  let failures = 0;
  while (part.dataset.live) {
    const seconds = Number(part.dataset.seconds);
    await pause(Math.min(seconds * 2 ** failures, MOST_PAUSE));
    await shown();
    const answer = await fetched(part.dataset.live);
    failures = answer ? 0 : failures + 1;
    if (answer) part = put(part, await answer.text());
  }
}

async function follow(log) {
  const box = document.getElementById('follow');
  const end = () => { if (box?.checked) log.scrollTop = log.scrollHeight; };
  log.addEventListener('scroll', () => {
    if (box) box.checked = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  });
  box?.addEventListener('change', end);
  log.scrollTop = log.scrollHeight;
  let token = log.dataset.token, failures = 0, wait = 2;
  while (log.dataset.log) {
    await pause(Math.min(wait * 2 ** failures, MOST_PAUSE));
    await shown();
    const answer = await fetched(`${log.dataset.log}&nextToken=${encodeURIComponent(token)}`);
    failures = answer ? 0 : failures + 1;
    if (!answer) continue;
    const page = await answer.json();
    if (page.lines.length) document.getElementById('log-empty')?.remove();
    for (const [clock, text] of page.lines) {
      const line = document.createElement('p'), time = document.createElement('time');
      time.textContent = clock;
      line.append(time, ' ', text);
      log.append(line);
    }
    end();
    token = page.nextToken;
    wait = page.more ? 0 : 2;
    if (page.ended) { location.reload(); return; }
  }
}

// Tells what is wrong with the fields that were filled in, and with all of them once a form was sent.
function checkAsTyped(form) {
  const touched = new Set(), sent = document.getElementById('refused') !== null;
  let timer, last = 0;
  const check = async () => {
    const number = ++last;
    const answer = await fetched(form.dataset.check, {method: 'POST', body: new FormData(form)});
    if (!answer || number !== last) return;
    const problems = await answer.json();
    for (const field of form.querySelectorAll('[aria-describedby]')) {
      if (!sent && !touched.has(field.name)) continue;
      const text = problems[field.name] ?? '';
      const said = document.getElementById(`${field.name}-problem`);
      if (said.textContent !== text) said.textContent = text;
      if (text) field.setAttribute('aria-invalid', 'true'); else field.removeAttribute('aria-invalid');
      field.classList.toggle('right', !text && field.value.trim() !== '');
    }
  };
  const later = (event, wait) => {
    touched.add(event.target.name);
    clearTimeout(timer);
    timer = setTimeout(check, wait);
  };
  form.addEventListener('input', event => later(event, 400));
  form.addEventListener('change', event => later(event, 0));
  form.querySelector('[aria-invalid]')?.focus();
}

for (const form of document.querySelectorAll('[data-check]')) checkAsTyped(form);
for (const part of document.querySelectorAll('[data-live]')) renew(part);
const log = document.getElementById('log');
if (log) follow(log);

// A page of a slow stack takes seconds: a bar says that it is on its way, and no form is sent twice.
document.addEventListener('click', event => {
  const link = event.target.closest?.('a[href]');
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  if (!link || elsewhere || link.target || link.hasAttribute('download')) return;
  if (link.hash && link.pathname === location.pathname) return;
  document.body.classList.add('busy');
});
document.addEventListener('submit', event => {
  const button = event.submitter;
  if (button?.getAttribute('aria-disabled') === 'true') { event.preventDefault(); return; }
  button?.setAttribute('aria-disabled', 'true');
  document.body.classList.add('busy');
});
addEventListener('pageshow', () => {
  document.body.classList.remove('busy');
  document.querySelectorAll('[aria-disabled]').forEach(each => each.removeAttribute('aria-disabled'));
});
