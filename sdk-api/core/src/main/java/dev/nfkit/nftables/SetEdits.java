// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.Edits.Phase;
import dev.nfkit.nftables.codec.ElementCodec;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.StatefulPrinter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The changes of a set that is installed and desired, and of its elements. */
final class SetEdits {
    /** The kernel keeps times in ticks, of at most 10 ms. */
    private static final long TICK = 10;

    private final NftSet installed;
    private final NftSet desired;
    private final ElementCodec codec;
    private final List<SetElement> out = new ArrayList<>();
    private final List<SetElement> in = new ArrayList<>();
    private final List<SetElement> all = new ArrayList<>();
    private final List<SetElement> stay = new ArrayList<>();
    private final boolean again;

    /**
     * Compares two states of a set.
     *
     * @param removed the chains and objects that are removed
     * @param remade the chains and objects that are removed and made again
     * @param exact whether no other elements stay
     */
    SetEdits(
            NftSet installed,
            List<SetElement> present,
            NftSet desired,
            List<SetElement> wanted,
            Uses removed,
            Uses remade,
            boolean exact) {
        this.installed = installed;
        this.desired = desired;
        this.codec = desired.elements(ByteOrder.nativeOrder());
        boolean comparable = sameTypes();
        if (comparable) {
            boolean keeps = !exact && (wanted.isEmpty() || filledByPackets(installed) || filledByPackets(desired));
            compare(present, wanted, keeps, removed, remade);
        } else {
            all.addAll(wanted);
        }
        boolean constant = installed.flags().contains(SetFlag.CONSTANT) && !(in.isEmpty() && out.isEmpty());
        this.again = !comparable || constant || !same();
    }

    private static boolean filledByPackets(NftSet set) {
        return set.flags().contains(SetFlag.DYNAMIC) || set.flags().contains(SetFlag.TIMEOUT);
    }

    private boolean sameTypes() {
        return installed.type().key().equals(desired.type().key())
                && installed.type().data().equals(desired.type().data())
                && installed.objects().equals(desired.objects())
                && installed.sameLengths(desired)
                && installed.type().interval() == desired.type().interval();
    }

    /** Whether the sets differ in nothing that the kernel cannot change. */
    private boolean same() {
        boolean constant = desired.flags().contains(SetFlag.CONSTANT); // nft sets the size of these by itself
        return installed.flags().equals(desired.flags())
                && sameTime(installed.timeout(), desired.timeout())
                && sameTime(installed.gcInterval(), desired.gcInterval())
                && (constant || installed.size().equals(desired.size()))
                && installed.policy().orElse(SetPolicy.PERFORMANCE)
                        == desired.policy().orElse(SetPolicy.PERFORMANCE)
                && states(installed).equals(states(desired))
                && installed.merges() == desired.merges()
                && installed.comment().equals(desired.comment());
    }

    private static List<String> states(NftSet set) {
        List<String> texts = new ArrayList<>();
        for (Stateful state : set.state()) {
            texts.add(StatefulPrinter.fresh((Statement) state));
        }
        return texts;
    }

    private static boolean sameTime(Optional<Duration> one, Optional<Duration> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() && other.isEmpty();
        }
        return Math.abs(one.get().toMillis() - other.get().toMillis()) <= TICK;
    }

    private void compare(List<SetElement> present, List<SetElement> wanted, boolean keeps, Uses removed, Uses remade) {
        Map<ByteBuffer, SetElement> left = new LinkedHashMap<>();
        present.forEach(element -> left.put(codec.key(element), element));
        for (SetElement element : wanted) {
            SetElement found = left.remove(codec.key(element));
            if (found == null) {
                in.add(element);
                all.add(element);
            } else if (!equal(found, element)) {
                out.add(found);
                in.add(element);
                all.add(element);
                continue;
            } else {
                all.add(carried(found));
            }
            if (found != null && Uses.of(found).meets(remade)) {
                out.add(found);
                in.add(found);
            }
        }
        for (SetElement element : left.values()) {
            Uses uses = Uses.of(element);
            if (!keeps || uses.meets(removed)) {
                out.add(element);
                continue;
            }
            stay.add(element);
            all.add(carried(element));
            if (uses.meets(remade)) {
                out.add(element);
                in.add(element);
            }
        }
    }

    private boolean equal(SetElement found, SetElement element) {
        return codec.sameData(found, element)
                && sameTime(
                        found.timeout().or(installed::timeout),
                        element.timeout().or(desired::timeout))
                && found.comment().equals(element.comment());
    }

    /** Whether the set is removed and made again, so that what refers to it must be written again. */
    boolean again() {
        return again;
    }

    void write(Edits edits) {
        if (again) {
            edits.add(Phase.SETS_OUT, Action.DELETE, installed, "");
            make(edits, desired);
            elements(edits, Phase.ELEMENTS_IN, Action.ADD, all);
        } else {
            elements(edits, Phase.ELEMENTS_OUT, Action.DELETE, out);
            elements(edits, Phase.ELEMENTS_IN, Action.ADD, in);
        }
        if (!stay.isEmpty()) {
            edits.keep(desired + " keeps " + stay.size() + (stay.size() == 1 ? " element" : " elements")
                    + " that the desired ruleset does not contain");
        }
    }

    /** An installed element as one of a set that is made again. */
    private SetElement carried(SetElement element) {
        boolean times = desired.flags().contains(SetFlag.TIMEOUT);
        boolean same = states(installed).equals(states(desired));
        return new SetElement(
                element.key(),
                element.data(),
                times ? element.timeout() : Optional.empty(),
                times ? element.expires() : Optional.empty(),
                element.comment(),
                same ? element.state() : List.of());
    }

    private void elements(Edits edits, Phase phase, Action action, List<SetElement> elements) {
        if (!elements.isEmpty()) {
            edits.elements(phase, action, SetElements.of(desired, elements));
        }
    }

    private static void make(Edits edits, NftSet set) {
        edits.add(Phase.SETS_IN, Action.ADD, set, RulesetText.declaration(set));
    }

    /** Makes a set that is not installed. */
    static void make(Edits edits, NftSet set, List<SetElement> elements) {
        make(edits, set);
        if (!elements.isEmpty()) {
            edits.elements(Phase.ELEMENTS_IN, Action.ADD, SetElements.of(set, elements));
        }
    }
}
