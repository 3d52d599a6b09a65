/** Does the work of a list, so many at once; the results keep the order of the list. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const waiting = [...items.entries()]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (;;) {
        const next = waiting.shift()
        if (next === undefined) return
        results[next[0]] = await work(next[1])
      }
    }),
  )
  return results
}
