// What dynamodb-stream uses of Node's EventEmitter, for the browser bundle.
export class EventEmitter {
  #listeners = new Map()

  on(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
    return this
  }

  emit(name, ...values) {
    for (const listener of this.#listeners.get(name) ?? []) listener(...values)
    return this.#listeners.has(name)
  }
}
export default EventEmitter
