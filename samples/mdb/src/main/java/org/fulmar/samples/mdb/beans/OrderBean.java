package org.fulmar.samples.mdb.beans;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.EJBException;
import jakarta.ejb.MessageDriven;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Takes orders: writes each to the database, confirms it on a queue and tells it on a topic. The container begins a
 * transaction before it calls this; the receipt, the row and both messages are committed together, or not at all.
 */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "orders")
        })
public class OrderBean implements MessageListener {
    @Resource(lookup = "java:/jdbc/Orders")
    private DataSource database;

    @Resource(lookup = "java:/fulmar/ConnectionFactory")
    private ConnectionFactory factory;

    @Override
    public void onMessage(Message order) {
        try {
            String id = order.getStringProperty("order");
            insert(id, order.getBody(String.class), order.getIntProperty("amount"));
            try (JMSContext context = factory.createContext()) {
                context.createProducer().send(context.createQueue("confirmations"), id);
                context.createProducer().send(context.createTopic("order-events"), id);
            }
            if (order.propertyExists("stumble") && !order.getJMSRedelivered()) {
                throw new EJBException("order " + id + " stumbles once, when all is done but the commit");
            }
        } catch (JMSException | SQLException e) {
            throw new EJBException(e);
        }
    }

    private void insert(String id, String item, int amount) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement insert =
                        connection.prepareStatement("insert into orders (id, item, amount) values (?, ?, ?)")) {
            insert.setString(1, id);
            insert.setString(2, item);
            insert.setInt(3, amount);
            insert.executeUpdate();
        }
    }
}
