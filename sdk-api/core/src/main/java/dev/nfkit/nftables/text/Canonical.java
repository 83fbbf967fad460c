package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.statement.Statement;
import java.util.List;

/** The statements of a rule as nft prints them. */
final class Canonical {
    private Canonical() {}

    static List<Statement> of(AddressFamily family, List<Statement> statements) {
        return List.copyOf(statements);
    }
}
