-- SPDX-License-Identifier: MIT
--- The hub client's version: a spec holds it to the library's, of which nothing is loaded here.
return "0.1.0"
