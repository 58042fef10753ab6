import { css } from 'lit'

/** A counter ticket: a strip with the number, a perforation, the small print. */
export const ticket = css`
  :host {
    display: block;
  }

  article {
    --notch: 9px;
    max-inline-size: 34rem;
    border: 1px solid var(--accent-line);
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
    overflow: clip;
  }

  header {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
    padding: 0.6rem 1.25rem;
    background: var(--accent-soft);
  }

  h3 {
    font-family: var(--serif);
    font-size: 1.125rem;
  }

  .state {
    display: inline-flex;
    gap: 0.35rem;
    align-items: center;
    color: var(--good);
    font-weight: 650;
  }

  .number {
    position: relative;
    display: grid;
    grid-template-columns: 1fr auto;
    gap: 0.1rem 1rem;
    align-items: center;
    padding: 1rem 1.25rem 1.1rem;
    border-block-end: 2px dashed var(--accent-line);
  }

  .number::before,
  .number::after {
    content: '';
    position: absolute;
    inset-block-end: calc(-1 * var(--notch) - 1px);
    inline-size: calc(2 * var(--notch));
    block-size: calc(2 * var(--notch));
    border: 1px solid var(--accent-line);
    border-radius: 50%;
    background: var(--paper);
  }

  .number::before {
    inset-inline-start: calc(-1 * var(--notch) - 1px);
  }

  .number::after {
    inset-inline-end: calc(-1 * var(--notch) - 1px);
  }

  .label,
  .number p {
    grid-column: 1 / -1;
    color: var(--ink-soft);
    font-size: 0.875rem;
  }

  .number strong {
    font-family: var(--mono);
    font-size: clamp(1.2rem, 0.9rem + 2cqi, 1.6rem);
    letter-spacing: 0.02em;
    white-space: nowrap;
  }

  .number p {
    margin-block-start: 0.35rem;
  }

  section {
    padding: 1rem 1.25rem 0.5rem;
  }

  h4 {
    margin: 0 0 0.5rem;
    color: var(--ink-soft);
    font-size: 0.875rem;
  }

  dl {
    display: grid;
    gap: 0.5rem;
  }

  dl div {
    display: grid;
    grid-template-columns: minmax(6.5rem, 9rem) 1fr;
    gap: 0 1rem;
  }

  dt {
    color: var(--ink-soft);
  }

  dd {
    overflow-wrap: anywhere;
    white-space: pre-line;
  }

  footer {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
    padding: 0.75rem 1.25rem 0.9rem;
  }

  footer p {
    display: flex;
    flex: 1 1 16rem;
    gap: 0.5rem;
    color: var(--ink-soft);
    font-size: 0.875rem;
  }

  footer button {
    margin-inline-start: -0.75rem;
    padding-inline: 0.75rem;
  }

  @container (max-width: 26rem) {
    dl div {
      grid-template-columns: 1fr;
    }

    .number {
      grid-template-columns: 1fr;
      justify-items: start;
    }

    .number button {
      margin-block-start: 0.5rem;
    }
  }
`
