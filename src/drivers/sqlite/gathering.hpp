// A layer between SQLite and its files (https://sqlite.org/vfs.html) that gathers what a transaction appends to the
// write-ahead log and writes it in one go before it is synced. SQLite itself writes each page by two system calls, its
// header and its content, neither of them aligned: under load that is a tenth of what a message costs.
#pragma once

namespace confab::sqlite {

// The layer's name, for the connection that writes. It is registered on the first call. Any thread.
//
// REQUIRES: the connection commits with `synchronous = full`. Other connections look at what was appended once its
// commit is over; only a commit that ends with a sync has written everything by then.
const char* gathering_vfs();

}  // namespace confab::sqlite
