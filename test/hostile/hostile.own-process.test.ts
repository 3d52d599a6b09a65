/**
 * The hostile Actions against the real runner, at every level that this machine offers. A process of
 * its own, because it is the one that must not die, and whose loop is watched.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createActions } from '../../src/actions/create-actions.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { type Decoys, openDecoys } from './decoys.ts'
import { inTurns } from './in-turns.ts'
import { offeredLevels, startRunner } from './levels.ts'
import { networkSnippets } from './network-snippets.ts'
import { type HostileRunner, programOf, runSnippet } from './run-snippet.ts'
import { handler } from './snippet.ts'
import { hostileSnippets } from './snippets.ts'
import { watchStalls } from './stall-watch.ts'

/** As many as keep two cores busy without making every run a late one. */
const atOnce = 3
/** What hostile code may make the host compute in one go; the figure by the clock is printed beside it. */
const longestStallMs = 100
/** What a hundred megabytes of output or frames would come to, were they kept. */
const mostGrowthMb = 400

test('no two hostile Actions have one name', () => {
  const names = hostileSnippets.map(({ name }) => name)

  assert.equal(new Set(names).size, 68)
})

for (const level of await offeredLevels()) {
  describe(`at level ${level}`, () => {
    let decoys: Decoys
    let runner: HostileRunner

    before(async () => {
      decoys = await openDecoys()
      runner = createActions({
        log: silentLogger,
        allow: decoys.allowed,
        level,
        perMinute: Number.POSITIVE_INFINITY,
      })
      // The first call waits for the measurement.
      await runner.run(programOf('first', handler('')), { event: {}, secrets: {} })
    })
    after(async () => {
      await runner.close(0)
      await decoys.close()
    })

    test('nothing is reached, nobody is held up, and the host lives', async (t) => {
      const memory = process.memoryUsage().rss
      const watch = watchStalls()
      const wrong = await inTurns(hostileSnippets, atOnce, (snippet) =>
        runSnippet(runner, snippet, decoys),
      )
      const stall = watch.end()
      const grownMb = (process.memoryUsage().rss - memory) / 2 ** 20
      const { connections, uploaded, downloaded } = decoys.taken
      t.diagnostic(
        `loop delay at most ${stall.delayMs.toFixed()} ms, ${stall.ownMs.toFixed()} ms computed in one go; memory ${grownMb.toFixed()} MB more`,
      )

      assert.deepEqual(wrong.flat(), [])
      assert.deepEqual(await decoys.touched(), [])
      assert.ok(connections <= 100, `${connections} connections in one call`)
      assert.ok(uploaded <= 12 * 2 ** 20, `${uploaded} bytes sent`)
      assert.ok(downloaded <= 40 * 2 ** 20, `${downloaded} bytes fetched`)
      assert.ok(stall.ownMs <= longestStallMs, `the host computed for ${stall.ownMs} ms in one go`)
      assert.ok(grownMb <= mostGrowthMb, `the host grew by ${grownMb} MB`)
    })

    test('names that change their minds reach nothing', async () => {
      const direct = await startRunner(level, decoys)
      const wrong = await inTurns(networkSnippets, atOnce, (snippet) =>
        runSnippet(direct, snippet, decoys),
      )
      await direct.close(0)

      assert.deepEqual(wrong.flat(), [])
      assert.deepEqual(await decoys.touched(), [])
    })

    test('messages of other tenants flow while hostile Actions run', async () => {
      const names = ['spins at once', 'fills the heap', 'fills buffers', 'throws in a timer']
      const hostile = hostileSnippets.filter(({ name }) => names.includes(name))
      const good = Array.from({ length: 5 }, (_, index) => `good-${index}`)
      const code = handler(`
        const reply = await fetch('http://127.0.0.1:' + event.port, { redirect: 'manual' })
        console.log('gateway ' + reply.status)`)
      let running = true
      const noise = hostile.map(async (snippet) => {
        let runs = 0
        for (; running; runs += 1) {
          await runSnippet(runner, snippet, decoys)
          // A run that is refused ends at once; a server would not come back before this either.
          await wait(10)
        }
        return runs
      })
      const sent = await Promise.all(
        good.map(async (tenant) => {
          const ends: string[] = []
          for (let each = 0; each < 40; each += 1) {
            const result = await runner.run(programOf(tenant, code), {
              event: { port: decoys.addresses.redirectPort },
              secrets: {},
            })
            ends.push(`${result.ended} ${result.logs.trim()}${result.error?.message ?? ''}`)
          }
          return ends
        }),
      )
      running = false
      const runs = await Promise.all(noise)

      assert.deepEqual(
        sent.flat().filter((end) => end !== 'returned gateway 302'),
        [],
      )
      assert.ok(
        runs.every((count) => count > 0),
        `hostile runs: ${runs}`,
      )
    })
  })
}
