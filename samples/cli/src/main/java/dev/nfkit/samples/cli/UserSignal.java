package dev.nfkit.samples.cli;

import java.lang.reflect.Proxy;

/**
 * SIGUSR1, which Java has no interface of its own for: that of {@code jdk.unsupported} is called by reflection, since the
 * compiler warns of each of its uses.
 */
final class UserSignal {
    private UserSignal() {}

    /** From now on the signal has something run, on a thread of the virtual machine's; where it can't, nothing changes. */
    static void handle(Runnable task) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy =
                    Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (self, method, args) -> {
                        switch (method.getName()) {
                            case "handle" -> task.run();
                            case "hashCode" -> {
                                return System.identityHashCode(task);
                            }
                            case "equals" -> {
                                return false;
                            }
                            default -> {
                                return "SIGUSR1";
                            }
                        }
                        return null;
                    });
            Object usr1 = signal.getConstructor(String.class).newInstance("USR1");
            signal.getMethod("handle", signal, handler).invoke(null, usr1, proxy);
        } catch (ReflectiveOperationException e) {
            Messages.print("nfkit: SIGUSR1 can't be taken here: the ring is written at the end alone");
        }
    }
}
