// What the till keeps on its device for when it is alone: articles, its key and chain, the sales it made, whoever signed in, the ticket
// that is open. In IndexedDB, over a handful of calls. A write that was answered is on the disk: a browser that is killed loses nothing
// that was shown as paid.

export type BoxName = 'articles' | 'facts' | 'chains' | 'documents' | 'people' | 'open'

export interface Boxes {
  get<T>(box: BoxName, key: IDBValidKey): Promise<T | undefined>
  /** By a secondary index. */
  find<T>(box: BoxName, index: string, key: IDBValidKey): Promise<T | undefined>
  all<T>(box: BoxName, range?: IDBKeyRange | null, most?: number): Promise<T[]>
  /** One transaction over these boxes. It is kept whole, or not at all where `work` throws or a request of it fails. */
  write(boxes: readonly BoxName[], work: (tx: Writing) => void): Promise<void>
}

/** Within one transaction. Nothing else may be waited for between two of its calls: it would end. */
export interface Writing {
  put(box: BoxName, value: unknown, key?: IDBValidKey): void
  /** Fails the transaction where the key is taken. */
  add(box: BoxName, value: unknown): void
  delete(box: BoxName, key: IDBValidKey | IDBKeyRange): void
  clear(box: BoxName): void
  /** Reads and goes on in the same transaction; what `then` throws undoes all of it. */
  read<T>(box: BoxName, key: IDBValidKey, then: (value: T | undefined) => void): void
}

const NAME = 'onetill-pos'
const VERSION = 1
/** A database that another version of the page holds open is not waited for longer. */
const OPEN_MS = 5_000

/** Null where the browser has no such store, or will not open it: then the till sells with its server only. */
export function openBoxes(): Promise<Boxes | null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), OPEN_MS)
    let asked: IDBOpenDBRequest
    try {
      asked = indexedDB.open(NAME, VERSION)
    } catch {
      return resolve(null)
    }
    asked.onerror = () => resolve(null)
    asked.onupgradeneeded = () => {
      const database = asked.result
      database.createObjectStore('articles', { keyPath: 'variant_id' })
      database.createObjectStore('facts')
      database.createObjectStore('chains', { keyPath: 'key_id' })
      const documents = database.createObjectStore('documents', { keyPath: ['key_id', 'sequence'] })
      documents.createIndex('id', 'id', { unique: true })
      documents.createIndex('state', 'state')
      database.createObjectStore('people', { keyPath: 'id' })
      database.createObjectStore('open')
    }
    asked.onsuccess = () => {
      const database = asked.result
      // A newer page wants to change it.
      database.onversionchange = () => database.close()
      resolve(boxesOf(database))
    }
  })
}

function boxesOf(database: IDBDatabase): Boxes {
  const reading = (box: BoxName) => database.transaction(box).objectStore(box)
  return {
    get: (box, key) => answerOf(reading(box).get(key)),
    find: (box, index, key) => answerOf(reading(box).index(index).get(key)),
    all: (box, range, most) => answerOf(reading(box).getAll(range, most)),
    write(boxes, work) {
      return new Promise((resolve, reject) => {
        const tx = database.transaction(boxes, 'readwrite', { durability: 'strict' })
        let why: unknown = null
        const undo = (error: unknown) => {
          why ??= error
          tx.abort()
        }
        tx.oncomplete = () => resolve()
        tx.onabort = () => reject(why ?? tx.error ?? new Error('not written'))
        try {
          work({
            put: (box, value, key) => void tx.objectStore(box).put(value, key),
            add: (box, value) => void tx.objectStore(box).add(value),
            delete: (box, key) => void tx.objectStore(box).delete(key),
            clear: (box) => void tx.objectStore(box).clear(),
            read(box, key, then) {
              const asked = tx.objectStore(box).get(key)
              asked.onsuccess = () => {
                try {
                  then(asked.result)
                } catch (error) {
                  undo(error)
                }
              }
            },
          })
        } catch (error) {
          undo(error)
        }
      })
    },
  }
}

function answerOf<T>(asked: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result as T)
    asked.onerror = () => reject(asked.error)
  })
}
