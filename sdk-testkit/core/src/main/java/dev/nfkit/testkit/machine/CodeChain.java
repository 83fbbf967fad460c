// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.util.List;

/** A chain that can be executed. Requires the clock's lock. */
public final class CodeChain implements JumpTarget {
    private final String table;
    private final String name;
    private CodeRule[] rules = {};

    public CodeChain(String table, String name) {
        this.table = table;
        this.name = name;
    }

    /** The family and the name of its table, as nft prints them. */
    public String table() {
        return table;
    }

    /** The name of its table without the family. */
    public String tableName() {
        return table.substring(table.indexOf(' ') + 1);
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Replaces its rules. */
    public void rules(List<CodeRule> changed) {
        rules = changed.toArray(new CodeRule[0]);
    }

    /** The number of its rules. */
    public int size() {
        return rules.length;
    }

    CodeRule[] rules() {
        return rules;
    }
}
