/**
 * What is made of lists that connections have in common. Clients of one version describe their codecs in the same
 * words, so a list of them is read once and shared, and so is what follows from it. Nobody changes what is shared.
 */

const resultsOf = new WeakMap<object, Map<string, WeakMap<object, object>>>();

/** Declares a list to be shared. */
export function share<List extends object>(list: List): List {
  if (!resultsOf.has(list)) resultsOf.set(list, new Map());
  return list;
}

/**
 * What `make` makes of a list, and of another: made once and shared if they are, else made anew.
 * @param what tells apart what is made of the same lists
 */
export function sharedResult<Result extends object>(
  list: object,
  what: string,
  make: () => Result,
  another: object = list,
): Result {
  const results = resultsOf.get(list);
  if (results === undefined || !resultsOf.has(another)) return make();
  let ofBoth = results.get(what);
  if (ofBoth === undefined) {
    ofBoth = new WeakMap();
    results.set(what, ofBoth);
  }
  let result = ofBoth.get(another) as Result | undefined;
  if (result === undefined) {
    result = share(make());
    ofBoth.set(another, result);
  }
  return result;
}
