/** How the pages of the console are built: with hashes in the names and compressed once, not at each request. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

/** Below this, a header of the answer is longer than what is saved. */
const WORTH_COMPRESSING = 1024

function compressed(): Plugin {
  let out = ''
  return {
    name: 'compressed',
    configResolved({ build }) {
      out = build.outDir
    },
    // Not of a build that failed: its own error is the one to be read.
    writeBundle() {
      for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue
        const path = join(entry.parentPath, entry.name)
        const content = readFileSync(path)
        if (content.length < WORTH_COMPRESSING) continue
        const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: size }))
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  root: join(import.meta.dirname, 'src/web'),
  plugins: [compressed()],
  logLevel: 'warn',
  build: {
    outDir: join(import.meta.dirname, 'build/console'),
    emptyOutDir: true,
    target: 'es2022',
    // A script that is written into the page is what the policy of the console forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      // Compressing well takes most of the time, and need not be told.
      checks: { pluginTimings: false },
      // Packages mark their modules for servers that render pages; there is none here.
      onLog(level, log, handle) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log)
      },
    },
  },
})
