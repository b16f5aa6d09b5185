/** The style of the pages: one column, light and dark scheme, for all screen widths. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f3f4f7; --card: #fff; --line: #dfe2e8; --text: #1a1d23; --muted: #5b6472;
  --accent: #3b5bdb; --accent-hover: #304cc0; --on-accent: #fff; --tint: #eef1fd;
  --bad: #a61b1b; --bad-tint: #fdefee; --good: #1c7c3c; --good-tint: #e7f6ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1115; --card: #181b21; --line: #2d323c; --text: #eceef2; --muted: #a3acba;
    --accent: #8ea6ff; --accent-hover: #a9bbff; --on-accent: #10142b; --tint: #1f2542;
    --bad: #ffa8a3; --bad-tint: #3a1d1d; --good: #7ddb9b; --good-tint: #173323;
  }
}
*, *::before { box-sizing: border-box; }
/* The Connect portal is a light page in a transparent frame: browsers paint a frame of another scheme opaque. */
iframe { color-scheme: light; }
[hidden], :empty:is(.failure, .progress) { display: none; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: max(2rem, 8vh) 1rem 2rem;
  background: var(--page); color: var(--text);
  font: 1.0625rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  overflow-wrap: anywhere;
}
main {
  max-width: 30rem; margin: 0 auto; padding: 1.75rem 2rem 2rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
}
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.5rem; font-size: .9375rem; line-height: 1.3; }
.mark { flex: none; width: 1.6rem; height: 1.6rem; color: var(--accent); }
.muted { color: var(--muted); }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.2; letter-spacing: -.01em; }
h1:focus { outline: none; }
p { margin: 0 0 1rem; }
p:last-child { margin-bottom: 0; }
.steps { list-style: none; counter-reset: step; margin: 1.25rem 0; padding: 0; }
.steps li { position: relative; counter-increment: step; padding-left: 2.5rem; margin: 0 0 .85rem; }
.steps li::before {
  content: counter(step); position: absolute; left: 0; top: 0; width: 1.6rem; height: 1.6rem;
  border-radius: 50%; background: var(--tint); color: var(--accent);
  font-size: .875rem; font-weight: 700; line-height: 1.6rem; text-align: center;
}
/* After a first try it is the failure and the button that matter: both fit on a phone. */
.tried .steps { display: none; }
.account { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .65rem; font-size: .9375rem; }
.account b { display: block; font-size: 1.0625rem; }
.account span { color: var(--muted); }
button {
  display: flex; align-items: center; justify-content: center; gap: .6rem; width: 100%; min-height: 3.25rem;
  padding: .7rem 1rem; border: 0; border-radius: .65rem; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 650; cursor: pointer; touch-action: manipulation;
}
button:hover { background: var(--accent-hover); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
button[aria-disabled=true] { cursor: default; opacity: .75; }
button[aria-disabled=true]::before {
  content: ""; width: 1.1em; height: 1.1em; border: .15em solid; border-right-color: transparent; border-radius: 50%;
  animation: turn .8s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { button[aria-disabled=true]::before { animation-duration: 4s; } }
.failure {
  margin: 0 0 1rem; padding: .8rem 1rem; border-left: .25rem solid var(--bad); border-radius: .4rem;
  background: var(--bad-tint);
}
.failure b { display: block; color: var(--bad); }
.failure code { display: block; margin-top: .5rem; font-size: .8125rem; color: var(--muted); }
.progress { margin: .85rem 0 0; color: var(--muted); text-align: center; }
.small { margin: 1rem 0 0; font-size: .875rem; color: var(--muted); text-align: center; }
.sign {
  display: grid; place-items: center; width: 3.25rem; height: 3.25rem; margin: 0 0 1rem; border-radius: 50%;
  background: var(--good-tint); color: var(--good);
}
.sign.bad { background: var(--bad-tint); color: var(--bad); }
.sign svg { width: 1.75rem; height: 1.75rem; }
@media (max-width: 34rem) {
  body { padding: 0; background: var(--card); }
  main { border: 0; padding: max(1.25rem, env(safe-area-inset-top)) 1.25rem max(2rem, env(safe-area-inset-bottom)); }
}
`;
