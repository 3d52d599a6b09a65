const ownKeys = Reflect.ownKeys
const watched: readonly object[] = [
  ...[Object, Array, Function, Promise, String, Number, Boolean, Symbol, RegExp, Map, Set, Date],
  ...[Error, Buffer, Uint8Array, ArrayBuffer],
].flatMap((Class) => [Class, Class.prototype as object])
const everything = [...watched, JSON, Math, Reflect]

const now = performance.now.bind(performance)
/** Under load the comparison, a tenth of a short run, is made this often. */
const everyMs = 20

/** How many members the built-in objects have: another figure after a run tells that it changed them. */
function prototypeSizes(): string {
  let sizes = ''
  for (const object of everything) sizes += `${ownKeys(object).length},`
  return sizes
}

/** Compares with what `prototypeSizes` was; cheap while others run, who share what a run has changed. */
export function prototypeWatch(): (alone: boolean) => boolean {
  const sizes = prototypeSizes()
  let lookedAt = now()
  return (alone) => {
    if (!alone && now() - lookedAt < everyMs) return false
    lookedAt = now()
    return prototypeSizes() !== sizes
  }
}
