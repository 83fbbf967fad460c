// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

/** Names of connection tracking: states, status bits, directions, events. */
final class ConnectionSymbols {
    static final SymbolTable STATE = SymbolTable.of("invalid=1 established=2 related=4 new=8 untracked=0x40");
    static final SymbolTable DIRECTION = SymbolTable.of("original=0 reply=1");
    static final SymbolTable STATUS =
            SymbolTable.of("expected=1 seen-reply=2 assured=4 confirmed=8 snat=0x10 dnat=0x20 dying=0x200");
    static final SymbolTable EVENT = SymbolTable.of("new=1 related=2 destroy=4 reply=8 assured=0x10 protoinfo=0x20"
            + " helper=0x40 mark=0x80 seqadj=0x100 secmark=0x200 label=0x400");

    private ConnectionSymbols() {}
}
