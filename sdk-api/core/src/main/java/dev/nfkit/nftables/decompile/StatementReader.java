// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Compat;
import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Meta;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.bytecode.Stateful;
import dev.nfkit.nftables.bytecode.Translation;
import dev.nfkit.nftables.bytecode.UnknownInstruction;
import dev.nfkit.nftables.compile.KernelNumbers;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.FlowOffload;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.Notrack;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.OptionReset;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.RawStatement;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.Synproxy;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Reads the instructions that do something, other than comparing. */
final class StatementReader {
    private static final int QUEUE_BITS = 16;
    private static final long ALL_LOG_FLAGS = 0x3f;
    /** These and what the kernel adds: whether there is a size or a scale, and ECN. */
    private static final long SYNPROXY_FLAGS = 0x1f;

    private static final long SYNPROXY_SACK = 4;
    private static final long SYNPROXY_TIMESTAMP = 8;

    private final Knowledge knowledge;
    private final Expressions expressions;
    private final RegisterFile registers;
    private final SetReader sets;
    private final AssignmentReader assignments;
    private final TranslationReader translations;

    StatementReader(
            Knowledge knowledge, Templates templates, Expressions expressions, RegisterFile registers, SetReader sets) {
        this.knowledge = knowledge;
        this.expressions = expressions;
        this.registers = registers;
        this.sets = sets;
        this.assignments = new AssignmentReader(templates, expressions, registers);
        this.translations = new TranslationReader(knowledge, assignments);
    }

    Statement read(Instruction instruction) {
        if (instruction instanceof Stateful stateful) {
            return StateReader.read(stateful);
        } else if (instruction instanceof dev.nfkit.nftables.bytecode.Log log) {
            return log(log);
        } else if (instruction instanceof dev.nfkit.nftables.bytecode.Queue queue) {
            return queue(queue);
        } else if (instruction instanceof dev.nfkit.nftables.bytecode.Reject reject) {
            return reject(reject);
        } else if (instruction instanceof Translation translation) {
            return translations.read(translation);
        } else if (instruction instanceof Diversion diversion) {
            return diversion(diversion);
        } else if (instruction instanceof Payload.Write write) {
            return assignments.read(write);
        } else if (instruction instanceof Meta.Set set) {
            int number = KernelNumbers.of(set.key());
            Selector target = dev.nfkit.nftables.expression.Meta.of(number)
                    .orElseThrow(() -> LoadReader.unknown("meta key", number));
            return new Assignment(target, assignments.value(set.sreg(), target));
        } else if (instruction instanceof Ct.Set set) {
            Selector target = LoadReader.connection(KernelNumbers.of(set.key()), set.direction());
            return new Assignment(target, assignments.value(set.sreg(), target));
        } else if (instruction instanceof Exthdr.Write write) {
            return assignments.read(write);
        } else if (instruction instanceof Exthdr.Reset reset) {
            return new OptionReset(option(reset.type()));
        } else if (instruction instanceof Dynset dynset) {
            return update(dynset);
        } else if (instruction instanceof Objref objref) {
            return object(objref);
        } else if (instruction instanceof Compat compat) {
            return extension(compat);
        } else if (instruction instanceof UnknownInstruction unknown && unknown.data() != null) {
            return new RawStatement(unknown.name(), unknown.data().bytes().toArray());
        }
        throw LoadReader.unknown("instruction", instruction.name());
    }

    private static ExtensionHeader option(int number) {
        return Arrays.stream(ExtensionHeader.values())
                .filter(header -> header.family() == ExtensionHeader.Family.TCP && header.number() == number)
                .findFirst()
                .orElseThrow(() -> LoadReader.unknown("option", number));
    }

    private static Log log(dev.nfkit.nftables.bytecode.Log log) {
        Set<Log.Flag> flags = EnumSet.noneOf(Log.Flag.class);
        Long bits = log.flags();
        LoadReader.requireFlags("a log", bits, ALL_LOG_FLAGS);
        for (Log.Flag flag : Log.Flag.values()) {
            if (bits != null && (bits & 1L << KernelNumbers.of(flag)) != 0) {
                flags.add(flag);
            }
        }
        Integer group = log.group();
        Long snaplen = log.snaplen();
        Integer threshold = log.threshold();
        Integer level = log.level();
        return new Log(
                Optional.ofNullable(log.prefix()),
                group == null ? OptionalInt.empty() : OptionalInt.of(group),
                group == null || snaplen == null || snaplen == 0 ? OptionalLong.empty() : OptionalLong.of(snaplen),
                group == null || threshold == null || threshold == 0 ? OptionalInt.empty() : OptionalInt.of(threshold),
                group != null || level == null || level == KernelNumbers.of(Log.Level.WARN)
                        ? Optional.empty()
                        : Optional.of(KernelNumbers.constant(Log.Level.values(), level)),
                flags);
    }

    private Queue queue(dev.nfkit.nftables.bytecode.Queue queue) {
        long known = dev.nfkit.nftables.bytecode.Queue.BYPASS | dev.nfkit.nftables.bytecode.Queue.FANOUT;
        LoadReader.requireFlags("a queue", (long) queue.flags(), known);
        boolean bypass = (queue.flags() & dev.nfkit.nftables.bytecode.Queue.BYPASS) != 0;
        boolean fanout = (queue.flags() & dev.nfkit.nftables.bytecode.Queue.FANOUT) != 0;
        if (queue instanceof dev.nfkit.nftables.bytecode.Queue.Computed computed) {
            return new Queue(expressions.shape(registers.get(computed.sreg())).expression(), bypass, fanout);
        }
        dev.nfkit.nftables.bytecode.Queue.Numbered numbered = (dev.nfkit.nftables.bytecode.Queue.Numbered) queue;
        Constant first = queueNumber(numbered.number());
        Expression number = numbered.total() == 1
                ? first
                : new Interval(first, queueNumber(numbered.number() + numbered.total() - 1));
        return new Queue(number, bypass, fanout);
    }

    private static Constant queueNumber(int number) {
        return new Constant(DataType.INTEGER, QUEUE_BITS, BigInteger.valueOf(number));
    }

    private Reject reject(dev.nfkit.nftables.bytecode.Reject reject) {
        AddressFamily family = knowledge.family();
        Integer code = reject.code();
        int number = code == null ? 0 : code;
        boolean single = family == AddressFamily.IPV4 || family == AddressFamily.IPV6;
        if (single
                && reject.type() == dev.nfkit.nftables.bytecode.Reject.Type.TCP_RST
                && knowledge.transport() == HeaderProtocol.TCP) {
            knowledge.useTransport();
        }
        return switch (reject.type()) {
            case TCP_RST -> new Reject(Reject.Kind.TCP_RESET, number);
            case ICMPX_UNREACH -> new Reject(Reject.Kind.ICMPX, number);
            case ICMP_UNREACH -> {
                boolean six = knowledge.network() == HeaderProtocol.IP6;
                if (!single) {
                    knowledge.useNetwork();
                }
                yield new Reject(six ? Reject.Kind.ICMPV6 : Reject.Kind.ICMP, number);
            }
        };
    }

    private Statement diversion(Diversion diversion) {
        if (diversion instanceof Diversion.Notrack) {
            return Notrack.NOTRACK;
        } else if (diversion instanceof Diversion.FlowOffload offload) {
            return new FlowOffload(offload.table());
        } else if (diversion instanceof Diversion.Synproxy synproxy) {
            Long flags = synproxy.flags();
            long bits = flags == null ? 0 : flags;
            LoadReader.requireFlags("synproxy", flags, SYNPROXY_FLAGS);
            Integer mss = synproxy.mss();
            Integer wscale = synproxy.windowScale();
            return new Synproxy(
                    mss == null ? 0 : mss,
                    wscale == null ? 0 : wscale,
                    (bits & SYNPROXY_TIMESTAMP) != 0,
                    (bits & SYNPROXY_SACK) != 0);
        }
        return translations.read(diversion);
    }

    private Statement update(Dynset dynset) {
        SetType type = sets.type(dynset.set()).orElse(null);
        if (type == null || dynset.invert()) {
            throw LoadReader.unknown("set", dynset.set());
        }
        List<Shape> key = sets.shapes(dynset.sregKey(), type.key().size());
        Long millis = dynset.timeout();
        Optional<Duration> timeout =
                millis == null || millis == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
        List<dev.nfkit.nftables.expression.Stateful> states =
                dynset.instructions().stream().map(StateReader::nested).toList();
        Integer data = dynset.sregData();
        if (sets.isMeter(dynset.set()) && states.size() == 1) {
            return new Meter(dynset.set(), sets.size(dynset.set()), SetReader.expression(key), timeout, states.get(0));
        }
        return new SetUpdate(
                switch (dynset.op()) {
                    case ADD -> SetUpdate.Operation.ADD;
                    case UPDATE -> SetUpdate.Operation.UPDATE;
                    case DELETE -> SetUpdate.Operation.DELETE;
                },
                dynset.set(),
                SetReader.expression(key),
                data == null
                        ? Optional.empty()
                        : Optional.of(assignments.value(data, type.data().get(0))),
                timeout,
                states);
    }

    private Statement object(Objref objref) {
        if (objref instanceof Objref.Named named) {
            return new ObjectStatement(
                    kind(KernelNumbers.of(named.type())), new Text(DataType.STRING, named.object(), false));
        }
        Objref.Mapped mapped = (Objref.Mapped) objref;
        SetReader.Found found = sets.find(mapped.set(), mapped.sreg());
        return new ObjectStatement(kind(sets.objectType(mapped.set())), new MapLookup(found.key(), found.set()));
    }

    private static ObjectStatement.Kind kind(int number) {
        return Arrays.stream(ObjectStatement.Kind.values())
                .filter(kind -> kind.number() == number)
                .findFirst()
                .orElseThrow(() -> LoadReader.unknown("object", number));
    }

    private static Statement extension(Compat compat) {
        if (compat instanceof Compat.Target target) {
            return new ExtensionStatement(
                    true,
                    target.extension(),
                    target.revision(),
                    target.info().bytes().toArray());
        }
        Compat.Match match = (Compat.Match) compat;
        return new ExtensionStatement(
                false, match.extension(), match.revision(), match.info().bytes().toArray());
    }
}
