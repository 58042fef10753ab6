import { defineConfig } from 'vitest/config'
import { compressed } from './compressed.ts'

// The pages for /app/. The embeddable file is built after it by vite.embed.config.ts.
export default defineConfig({
  base: './',
  build: {
    outDir: '../townhall/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'chatkit.html'] },
  },
  server: { host: '127.0.0.1', port: 3000, strictPort: true },
  plugins: [compressed()],
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
})
