// What the server tells the till's page. Shared with web/pos as types. Who and where the till is, it asks the API with its own key.

export interface PosView {
  languages: { code: string; name: string }[]
}
