import { css, html, LitElement, type TemplateResult } from 'lit'
import { customElement } from 'lit/decorators.js'

/** The hall, its houses and the river: decoration. */
@customElement('town-scene')
export class TownScene extends LitElement {
  static override styles = css`
    :host {
      display: block;
    }

    svg {
      display: block;
      inline-size: 100%;
      block-size: auto;
    }

    .far {
      fill: color-mix(in oklab, var(--accent) 13%, var(--paper));
    }

    .near {
      fill: color-mix(in oklab, var(--accent) 26%, var(--paper));
    }

    .hall {
      fill: color-mix(in oklab, var(--accent) 72%, var(--paper));
    }

    .light {
      fill: var(--paper);
    }

    .lamp {
      fill: light-dark(#e0a63c, #f0c368);
    }

    .water {
      fill: none;
      stroke: color-mix(in oklab, var(--accent) 45%, var(--paper));
      stroke-width: 2.5;
      stroke-linecap: round;
    }
  `

  override render(): TemplateResult {
    return html`<svg viewBox="0 0 640 150" aria-hidden="true" preserveAspectRatio="xMidYMax meet">
      <path
        class="far"
        d="M0 118c40-30 92-44 140-30 36 10 58-8 96-14 46-8 84 10 126 4 52-8 80-34 134-24 62 10 96 34 144 40v24H0z"
      ></path>
      <path
        class="near"
        d="M46 118V86l22-16 22 16v32zM100 118V94h34v24zM142 118V78l17-12 17 12v40zM456 118V84l20-15 20 15v34zM504 118V92h38v26zM552 118V82l18-13 18 13v36z"
      ></path>
      <circle class="near" cx="206" cy="98" r="15"></circle>
      <path class="near" d="M204 104h4v14h-4z"></path>
      <circle class="near" cx="432" cy="100" r="13"></circle>
      <path class="near" d="M430 106h4v12h-4z"></path>
      <path
        class="hall"
        d="M304 44l16-16 16 16v20h-32zM318 14h4v16h-4zM322 14h14l-4 4.5 4 4.5h-14zM236 66h168v8H236zM242 118V78h156v40zM276 66l44-22 44 22z"
      ></path>
      <circle class="lamp" cx="320" cy="48" r="6.5"></circle>
      <path
        class="light"
        d="M254 88h12v14h-12zM278 88h12v14h-12zM350 88h12v14h-12zM374 88h12v14h-12zM306 118V98a14 14 0 0 1 28 0v20z"
      ></path>
      <path class="lamp" d="M310 118v-19a10 10 0 0 1 20 0v19z"></path>
      <path
        class="water"
        d="M8 130c18-8 36-8 54 0s36 8 54 0 36-8 54 0 36 8 54 0 36-8 54 0 36 8 54 0 36-8 54 0 36 8 54 0 36-8 54 0 36 8 54 0 36-8 54 0"
      ></path>
      <path
        class="water"
        d="M120 143c18-8 36-8 54 0s36 8 54 0 36-8 54 0 36 8 54 0 36-8 54 0 36 8 54 0 36-8 54 0"
      ></path>
    </svg>`
  }
}
