// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.statement.Statement;

/** A statement that was read, which may turn out to be superfluous in text. */
final class Line {
    private final Statement statement;
    private boolean leftOut;

    Line(Statement statement) {
        this.statement = statement;
    }

    Statement statement() {
        return statement;
    }

    void leaveOut() {
        leftOut = true;
    }

    boolean isLeftOut() {
        return leftOut;
    }
}
