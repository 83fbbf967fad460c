// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Compat;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.bytecode.Opaque;
import dev.nfkit.nftables.bytecode.Registers;
import dev.nfkit.nftables.bytecode.UnknownInstruction;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.RawStatement;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Synproxy;
import dev.nfkit.nftables.statement.VerdictLookup;
import dev.nfkit.nftables.statement.VerdictStatement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statements that neither compare, nor assign, nor translate. */
final class Statements {
    private static final long SYNPROXY_MSS = 1;
    private static final long SYNPROXY_WSCALE = 2;
    private static final long SYNPROXY_SACK = 4;
    private static final long SYNPROXY_TIMESTAMP = 8;

    private final Code code;
    private final Dependencies dependencies;
    private final Operands operands;
    private final Literals literals;

    Statements(Code code, Dependencies dependencies, Operands operands, Literals literals) {
        this.code = code;
        this.dependencies = dependencies;
        this.operands = operands;
        this.literals = literals;
    }

    void compile(VerdictStatement statement) {
        code.add(new Immediate(Registers.VERDICT, Literals.Verdicts.of(statement.verdict())));
    }

    void compile(VerdictLookup lookup) {
        dependencies.require(lookup.key());
        int word = code.take(Operands.space(lookup.key()));
        List<Operand> key = operands.key(lookup.key(), word, literals.isInterval(lookup.map()));
        SetType type = new SetType(Types.of(lookup.key()), List.of(DataType.VERDICT));
        Literals.Reference map = literals.verdicts(lookup.map(), type, key);
        code.add(new Lookup(map.name(), map.id(), Code.register(word), Registers.VERDICT, null));
        code.release(word);
    }

    void compile(Log log) {
        long flags = 0;
        for (Log.Flag flag : log.flags()) {
            flags |= 1L << KernelNumbers.of(flag);
        }
        Integer group = log.group().isPresent() ? Integer.valueOf(log.group().getAsInt()) : null;
        Long snaplen = log.snaplen().isPresent() ? Long.valueOf(log.snaplen().getAsLong()) : null;
        Integer threshold = log.queueThreshold().isPresent()
                ? Integer.valueOf(log.queueThreshold().getAsInt())
                : null;
        code.add(new dev.nfkit.nftables.bytecode.Log(
                log.prefix().orElse(null),
                group,
                snaplen,
                threshold,
                log.level().map(KernelNumbers::of).orElse(null),
                flags == 0 ? null : flags));
    }

    void compile(Queue queue) {
        int flags = (queue.bypass() ? dev.nfkit.nftables.bytecode.Queue.BYPASS : 0)
                | (queue.fanout() ? dev.nfkit.nftables.bytecode.Queue.FANOUT : 0);
        if (queue.number() instanceof Constant constant) {
            int number = constant.value().intValueExact();
            code.add(new dev.nfkit.nftables.bytecode.Queue.Numbered(number, 1, flags));
        } else if (queue.number() instanceof Interval interval) {
            int from = interval.from().value().intValueExact();
            int total = interval.to().value().intValueExact() - from + 1;
            code.add(new dev.nfkit.nftables.bytecode.Queue.Numbered(from, total, flags));
        } else {
            dependencies.require(queue.number());
            int word = code.take(Integer.BYTES);
            operands.load(queue.number(), word, new Form(List.of(DataType.INTEGER), Short.BYTES, true));
            code.add(new dev.nfkit.nftables.bytecode.Queue.Computed(Code.register(word), flags));
            code.release(word);
        }
    }

    void compile(Reject reject) {
        AddressFamily family = dependencies.family();
        boolean both = family != AddressFamily.IPV4 && family != AddressFamily.IPV6;
        if (reject.kind() == Reject.Kind.TCP_RESET) {
            dependencies.requireTransport(HeaderProtocol.TCP);
        } else if (both && reject.kind() == Reject.Kind.ICMP) {
            dependencies.requireNetwork(HeaderProtocol.IP);
        } else if (both && reject.kind() == Reject.Kind.ICMPV6) {
            dependencies.requireNetwork(HeaderProtocol.IP6);
        }
        code.add(new dev.nfkit.nftables.bytecode.Reject(
                switch (reject.kind()) {
                    case TCP_RESET -> dev.nfkit.nftables.bytecode.Reject.Type.TCP_RST;
                    case ICMP, ICMPV6 -> dev.nfkit.nftables.bytecode.Reject.Type.ICMP_UNREACH;
                    case ICMPX -> dev.nfkit.nftables.bytecode.Reject.Type.ICMPX_UNREACH;
                },
                reject.code()));
    }

    void compile(Synproxy synproxy) {
        long flags = (synproxy.mss() > 0 ? SYNPROXY_MSS : 0)
                | (synproxy.wscale() > 0 ? SYNPROXY_WSCALE : 0)
                | (synproxy.sackPermitted() ? SYNPROXY_SACK : 0)
                | (synproxy.timestamp() ? SYNPROXY_TIMESTAMP : 0);
        code.add(new Diversion.Synproxy(synproxy.mss(), synproxy.wscale(), flags));
    }

    void compile(dev.nfkit.nftables.statement.OptionReset reset) {
        code.add(new Exthdr.Reset(reset.option().number()));
    }

    void compile(SetUpdate update) {
        dependencies.require(update.key());
        update.data().ifPresent(dependencies::require);
        int word = code.take(Operands.space(update.key()));
        operands.key(update.key(), word, false);
        Integer data = null;
        if (update.data().isPresent()) {
            Form form = dataForm(update.set());
            int at = code.take(form.bytes());
            operands.load(update.data().get(), at, form);
            data = Code.register(at);
        }
        List<Instruction> states = States.of(update.state());
        code.add(new Dynset(
                KernelNumbers.same(Dynset.Op.values(), update.operation()),
                update.set(),
                null,
                Code.register(word),
                data,
                millis(update.timeout()),
                false,
                states));
        code.release(word);
    }

    private Form dataForm(String set) {
        List<DataType> types = literals.type(new dev.nfkit.nftables.expression.SetReference(set))
                .map(SetType::data)
                .orElse(List.of());
        if (types.size() != 1) {
            throw new InvalidRuleException("@" + set + " is no map of single values in this table");
        }
        return Form.of(types.get(0));
    }

    private static @Nullable Long millis(Optional<Duration> timeout) {
        return timeout.map(Duration::toMillis).orElse(null);
    }

    void compile(Meter meter) {
        dependencies.require(meter.key());
        int word = code.take(Operands.space(meter.key()));
        List<Operand> key = operands.key(meter.key(), word, false);
        Elements shape = new Elements(
                key.stream()
                        .map(part -> new Elements.Field(part.bytes(), part.host(), part.shift()))
                        .toList(),
                code.machine());
        boolean timeout = meter.timeout().isPresent();
        CompiledSet set = new CompiledSet(
                code.nextId(),
                meter.name(),
                new SetType(Types.of(meter.key()), List.of()),
                shape.total(),
                0,
                key.size() == 1 && key.get(0).host(),
                false,
                key.size() > 1 ? key.stream().map(Operand::bytes).toList() : List.of(),
                CompiledSet.ANONYMOUS | CompiledSet.EVAL | (timeout ? CompiledSet.TIMEOUT : 0),
                0,
                (int) meter.size().orElse(0),
                List.of());
        code.add(set);
        code.add(new Dynset(
                timeout ? Dynset.Op.UPDATE : Dynset.Op.ADD,
                set.name(),
                set.id(),
                Code.register(word),
                null,
                millis(meter.timeout()),
                false,
                States.of(List.of(meter.state()))));
        code.release(word);
    }

    void compile(ObjectStatement object) {
        if (object.name() instanceof Text name) {
            code.add(new Objref.Named(
                    KernelNumbers.constant(Objref.Type.values(), object.kind().number()), name.text()));
        } else if (object.name() instanceof MapLookup lookup) {
            dependencies.require(lookup.key());
            int word = code.take(Operands.space(lookup.key()));
            List<Operand> key = operands.key(lookup.key(), word, literals.isInterval(lookup.map()));
            SetType type = new SetType(Types.of(lookup.key()), List.of());
            Literals.Reference map =
                    literals.objects(lookup.map(), type, key, object.kind().number());
            code.add(new Objref.Mapped(Code.register(word), map.name(), map.id()));
            code.release(word);
        } else {
            throw new InvalidRuleException("an object is named by text or by a map, not by " + object.name());
        }
    }

    void compile(ExtensionStatement extension) {
        Opaque info = Opaque.of(extension.info());
        code.add(
                extension.target()
                        ? new Compat.Target(extension.name(), extension.revision(), info)
                        : new Compat.Match(extension.name(), extension.revision(), info));
    }

    void compile(RawStatement raw) {
        code.add(new UnknownInstruction(raw.name(), Opaque.of(raw.data())));
    }
}
