// Stands in for OpenAI's widget, which is not to be had without the internet: the element with the
// methods and events that @openai/chatkit declares, as far as our page uses them.
customElements.define(
  'openai-chatkit',
  class extends HTMLElement {
    setOptions(options) {
      this.options = options
      window.widget = this
      setTimeout(() => this.dispatchEvent(new CustomEvent('chatkit.ready')))
    }

    async request(type, params) {
      const { url, fetch } = this.options.api
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ type, params }),
      })
      return response.text()
    }

    show(threadId) {
      const detail = { threadId }
      this.dispatchEvent(new CustomEvent('chatkit.thread.change', { detail }))
    }
  },
)
