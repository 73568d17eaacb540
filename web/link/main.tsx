// The page of a link is a plain form: it needs no script, only its look.

import './style.css'
