// `/sdk.js`: the browser SDK as one file.

export * from './sdk.ts'
