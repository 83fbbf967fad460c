// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.CodeChain;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A chain with its rules. Requires the clock's lock. */
public final class ChainState extends Referent {
    private final TableIdentity table;
    private final long handle;
    private long id;
    private final @Nullable BaseHook hook;
    private final long flags;
    private final byte @Nullable [] userData;
    private final CodeChain code;
    private final List<RuleState> rules = new ArrayList<>();
    private String name;
    private int policy;

    /** Creates a chain; its id is that of the batch, or 0. */
    public ChainState(
            TableIdentity table,
            String name,
            long handle,
            long id,
            @Nullable BaseHook hook,
            int policy,
            long flags,
            byte @Nullable [] userData) {
        this.table = table;
        this.name = name;
        this.handle = handle;
        this.id = id;
        this.hook = hook;
        this.policy = policy;
        this.flags = flags;
        this.userData = userData;
        this.code = new CodeChain(table.describe(), name);
    }

    public TableIdentity table() {
        return table;
    }

    public String name() {
        return name;
    }

    public long handle() {
        return handle;
    }

    public long id() {
        return id;
    }

    /** Ends the batch: its ids do not apply in the next one. */
    void forgetId() {
        id = 0;
    }

    /** Where it is, or null for a chain that is only jumped to. */
    public @Nullable BaseHook hook() {
        return hook;
    }

    /** The verdict at its end, of a base chain. */
    public int policy() {
        return policy;
    }

    public long flags() {
        return flags;
    }

    public byte @Nullable [] userData() {
        return userData;
    }

    public CodeChain code() {
        return code;
    }

    /** The rules in order. */
    public List<RuleState> rules() {
        return Collections.unmodifiableList(rules);
    }

    /** The rule of a handle, or null. */
    public @Nullable RuleState rule(long wanted) {
        for (RuleState rule : rules) {
            if (rule.handle() == wanted) {
                return rule;
            }
        }
        return null;
    }

    /** The handle of the rule before another one; 0 if there is none. */
    public long before(RuleState rule) {
        int at = rules.indexOf(rule);
        return at <= 0 ? 0 : rules.get(at - 1).handle();
    }

    /** Whether a rule is neither the first nor the last one. */
    public boolean between(RuleState rule) {
        int at = rules.indexOf(rule);
        return at > 0 && at < rules.size() - 1;
    }

    void rename(String other) {
        name = other;
    }

    void decide(int verdict) {
        policy = verdict;
    }

    void put(int at, RuleState rule) {
        rules.add(at, rule);
        rule.uses().forEach(used -> used.refer(1));
    }

    void take(int at) {
        rules.remove(at).uses().forEach(used -> used.refer(-1));
    }

    /** Makes the present rules those that packets meet. */
    void refresh() {
        code.rules(rules.stream().map(RuleState::code).toList());
    }
}
