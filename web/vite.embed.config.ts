import { defineConfig } from 'vite'
import { compressed } from './compressed.ts'

// One file under one name, for the script tag of any site.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: '../townhall/web',
    emptyOutDir: false,
    target: 'es2022',
    lib: { entry: 'src/embed.ts', formats: ['es'], fileName: () => 'town-hall-chat.js' },
    rolldownOptions: { output: { codeSplitting: false } },
  },
  plugins: [compressed()],
})
