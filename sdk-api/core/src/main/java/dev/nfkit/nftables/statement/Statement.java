// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

/** A statement of a rule. Statements are executed in order, until one does not match or decides. */
public sealed interface Statement
        permits Match,
                VerdictStatement,
                VerdictLookup,
                Counter,
                Limit,
                Quota,
                ConnectionLimit,
                LastUse,
                Log,
                Queue,
                Reject,
                Nat,
                Tproxy,
                Synproxy,
                Duplicate,
                Forward,
                Notrack,
                Assignment,
                OptionReset,
                SetUpdate,
                Meter,
                ObjectStatement,
                FlowOffload,
                ExtensionStatement,
                RawStatement {}
