// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.record;

import dev.nfkit.samples.cli.output.Messages;
import java.lang.reflect.Proxy;

/**
 * SIGUSR1, for which Java has no standard API. The API of {@code jdk.unsupported} is called by reflection, since the
 * compiler warns about each direct use.
 */
final class UserSignal {
    private UserSignal() {}

    /** Runs an action on each signal, on a thread of the virtual machine. Has no effect if that is not possible. */
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
            Messages.print("nfkit: SIGUSR1 cannot be handled here: the ring is written at the end only");
        }
    }
}
