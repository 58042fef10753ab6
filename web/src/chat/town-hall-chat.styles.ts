import { css } from 'lit'

export const layout = css`
  :host {
    display: grid;
    grid-template:
      'header header' auto
      'side main' minmax(0, 1fr) / auto minmax(0, 1fr);
    block-size: min(46rem, 100dvh);
    overflow: clip;
    container: chat / inline-size;
    background: var(--paper);
  }

  /* Not on the host, where a site's own rules would win. */
  town-header,
  nav,
  main,
  session-drawer,
  .skip {
    color: var(--ink);
    font: 400 1.0625rem/1.6 var(--sans);
    letter-spacing: normal;
    text-align: start;
    text-transform: none;
  }

  town-header {
    grid-area: header;
  }

  nav {
    grid-area: side;
    display: none;
    grid-template-rows: minmax(0, 1fr) auto;
    gap: 1.5rem;
    inline-size: 19rem;
    padding: 1.25rem;
    border-inline-end: 1px solid var(--line);
    background: var(--surface);
  }

  main {
    grid-area: main;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    min-block-size: 0;
  }

  .foot {
    display: grid;
    gap: 0.4rem;
    inline-size: 100%;
    max-inline-size: 51rem;
    margin-inline: auto;
    padding: 0.25rem clamp(0.75rem, 4cqi, 2.5rem) 0.75rem;
  }

  .foot p {
    color: var(--ink-soft);
    font-size: 0.875rem;
    line-height: 1.4;
    text-align: center;
  }

  .skip {
    position: absolute;
    z-index: 1;
    inset-block-start: 0.5rem;
    inset-inline-start: 0.5rem;
    background: var(--accent);
    color: var(--on-accent);
  }

  .skip:not(:focus) {
    clip-path: inset(50%);
    pointer-events: none;
  }

  @container chat (min-width: 60rem) {
    nav {
      display: grid;
    }
  }
`
