package org.fulmar.appservers.wildfly.app;

import com.arjuna.ats.jta.resources.StartXAResource;
import java.nio.file.Path;

/** A witness that is told to prepare and commit before all other resources, whenever it was enlisted. */
final class FirstWitness extends Witness implements StartXAResource {
    FirstWitness(String name, Path directory) {
        super(name, directory);
    }
}
