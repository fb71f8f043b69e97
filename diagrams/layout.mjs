// Places a graph with the Eclipse Layout Kernel: reads one as ELK's JSON from standard input, writes it with coordinates.
import { readFileSync } from 'node:fs'

try {
  const { default: ELK } = await import('elkjs/lib/elk.bundled.js')
  console.log(JSON.stringify(await new ELK().layout(JSON.parse(readFileSync(0, 'utf8')))))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
