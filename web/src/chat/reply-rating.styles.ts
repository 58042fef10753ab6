import { css } from 'lit'

export const thumbs = css`
  :host {
    display: grid;
    gap: 0.5rem;
  }

  .thumbs {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
    align-items: center;
    color: var(--ink-soft);
    font-size: 0.9375rem;
  }

  .thumbs button {
    inline-size: 2.75rem;
    padding: 0;
    color: var(--ink-soft);
  }

  .thumbs button[aria-pressed='true'] {
    background: var(--accent-soft);
    color: var(--accent);
  }

  .thumbs button[aria-pressed='true'] .icon {
    fill: currentColor;
  }

  form {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  label,
  textarea {
    flex: 1 0 100%;
  }

  textarea {
    padding: 0.6rem 0.8rem;
    border: 1px solid var(--line-strong);
    border-radius: calc(var(--radius) - 4px);
    background: var(--surface);
    color: var(--ink);
    font: inherit;
    resize: vertical;
  }
`
