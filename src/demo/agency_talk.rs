//! What is said between an estate agency and the people who buy, rent or sell a home.

use super::script::{Form, Meeting, Part, a, c, template};

/// First questions about a home that is for sale.
pub(crate) const SALE_ENQUIRIES: &[Part] = &[
    Part {
        name: "availability",
        tag: "web",
        visit: None,
        turns: &[
            c("He visto el anuncio de {item} por {price}. ¿Sigue a la venta?|¿Está disponible todavía {item}?|Me interesa {item} que tenéis por {price}. ¿Me podéis dar más información?",
              "I saw your advert for {item} at {price}. Is it still for sale?|Is {item} still available?|I'm interested in {item} at {price}. Could you tell me more?"),
            a("Sí, sigue disponible. Son {size} m² construidos, {rooms} dormitorios y {baths} baños. Te mando el dosier.|Sí, es una exclusiva nuestra: {size} m², {rooms} dormitorios. Aquí tienes la ficha completa.",
              "Yes, it is: {size} m² built, {rooms} bedrooms and {baths} bathrooms. I'm sending you the brochure.|Yes, we're the sole agent: {size} m², {rooms} bedrooms. Here are the full particulars.").form(Form::Document),
            c("Gracias. ¿Cuánto se paga de comunidad y de IBI?|¿Qué gastos fijos tiene?", "Thanks. What are the community fees and the council tax (IBI)?|What are the running costs?"),
            a("{fees} al mes de comunidad y unos {tax} de IBI al año.|La comunidad son {fees} mensuales; el IBI ronda los {tax} anuales.", "{fees} a month for the community and about {tax} a year for the IBI.|Community fees are {fees} a month; the IBI is around {tax} a year."),
            c("Razonable. Lo comento en casa.|De acuerdo, me lo apunto.", "That's reasonable. I'll talk it over at home.|All right, noted."),
        ],
    },
    Part {
        name: "photos",
        tag: "web",
        visit: None,
        turns: &[
            c("¿Tenéis más fotos o un vídeo de {item}? En la web solo salen cinco.|¿Podríais mandarme el plano y fotos de las vistas de {item}?", "Do you have more photos or a video of {item}? There are only five on the website.|Could you send me the floor plan and photos of the view from {item}?"),
            a("Claro. Esta es la terraza por la tarde.|Por supuesto. Aquí el salón con la luz de la mañana.", "Of course. This is the terrace in the afternoon.|Certainly. This is the living room in the morning light.").form(Form::Image),
            a("Y este es el plano con las medidas.|Te adjunto también el plano.", "And here's the floor plan with measurements.|I'm attaching the floor plan as well.").form(Form::Document),
            c("Qué luminoso. ¿A qué distancia está del mar?|Me gusta mucho. ¿Hay sitio para aparcar?", "So bright. How far is it from the sea?|I really like it. Is there parking?"),
            a("En {town} todo queda cerca; la playa está a {beach}.|Se aparca bien en la calle, y hay plaza de garaje opcional por 15.000 €.", "Everything is close in {town}; the beach is {beach}.|Street parking is easy, and there's an optional garage space for €15,000."),
        ],
    },
    Part {
        name: "area",
        tag: "",
        visit: None,
        turns: &[
            c("Estamos pensando en mudarnos a {town} con dos niños. ¿Qué tal los colegios cerca de {item}?|¿Cómo es {town} para vivir todo el año? No queremos una zona que se vacíe en invierno.", "We're thinking of moving to {town} with two children. What are the schools like near {item}?|What's {town} like all year round? We don't want a place that empties in winter."),
            a("Muy bien: hay dos colegios públicos y uno internacional a menos de quince minutos.|Se vive todo el año: mercado, centro de salud y comercio abiertos en invierno.", "Very good: two state schools and an international one within fifteen minutes.|It's lived in all year: the market, the health centre and the shops stay open in winter."),
            c("¿Y el transporte hasta Alicante?|¿Y la fibra? Los dos teletrabajamos.", "And transport to Alicante?|And broadband? We both work from home."),
            a("En coche, menos de una hora por la AP-7, que ya no es de peaje.|Fibra de 1 Gb en toda la calle, lo comprobamos con el vecino.", "Less than an hour by car on the AP-7, which is toll-free now.|1 Gb fibre along the whole street; we checked with the neighbour."),
        ],
    },
];

/// First questions about a home that is to let.
pub(crate) const RENT_ENQUIRIES: &[Part] = &[
    Part {
        name: "rental",
        tag: "rental",
        visit: None,
        turns: &[
            c(
                "¿Sigue libre {item} en alquiler por {price} al mes?|Me interesa alquilar {item}. ¿Desde cuándo estaría disponible?",
                "Is {item} still available to rent at {price} a month?|I'd like to rent {item}. When would it be free?",
            ),
            a(
                "Sí, está libre. El contrato es de 12 meses prorrogables, con un mes de fianza y otro de garantía.|Disponible ya. Pedimos un mes de fianza y contrato de trabajo o aval.",
                "Yes, it's available. It's a renewable 12-month contract, one month's deposit plus one month's guarantee.|It's available now. We ask for a month's deposit and an employment contract or a guarantor.",
            ),
            c(
                "Somos una pareja con contrato indefinido los dos. ¿Admiten mascotas? Tenemos un perro pequeño.|Somos dos adultos, trabajamos en {town}. ¿Se admiten mascotas?",
                "We're a couple, both on permanent contracts. Are pets allowed? We have a small dog.|There are two of us and we work in {town}. Are pets allowed?",
            ),
            a(
                "Lo he preguntado al propietario y no hay problema con un perro pequeño.|Sí, si es un animal tranquilo el propietario lo acepta.",
                "I've asked the owner, and a small dog is fine.|Yes, the owner is happy with a well-behaved pet.",
            ),
            c(
                "¡Qué bien! Nos gustaría hacer una visita.|Perfecto, muchas gracias.",
                "That's great! We'd like to see it.|Perfect, thank you.",
            ),
        ],
    },
    Part {
        name: "bills",
        tag: "rental",
        visit: None,
        turns: &[
            c(
                "Sobre {item}: ¿los {price} incluyen agua y luz?|¿Qué gastos hay aparte del alquiler de {item}?",
                "About {item}: does the {price} include water and electricity?|What are the extra costs on top of the rent for {item}?",
            ),
            a(
                "La comunidad y el agua están incluidas; la luz y la fibra van aparte.|Incluye comunidad e IBI. Los suministros los pone el inquilino a su nombre.",
                "The community and the water are included; electricity and fibre are extra.|Community fees and IBI are included. The tenant pays the utilities.",
            ),
            c("¿Tiene muebles?|¿La cocina está equipada?", "Is it furnished?|Is the kitchen equipped?"),
            a(
                "Sí, todos, con lavadora y aire acondicionado en el salón.|Totalmente equipada: horno, lavavajillas y lavadora nuevos.",
                "Yes, fully, with a washing machine and air conditioning in the living room.|Fully equipped: new oven, dishwasher and washing machine.",
            ),
        ],
    },
];

/// What follows while somebody makes up their mind.
pub(crate) const MIDDLES: &[Part] = &[
    Part {
        name: "viewing",
        tag: "viewing",
        visit: Some((Meeting::InPerson, "Visita: {title}", "Viewing: {title}")),
        turns: &[
            c("¿Cuándo podríamos ir a ver {item}?|Nos gustaría visitar {item} esta semana si puede ser.|¿Es posible ver {item} en persona?", "When could we come and see {item}?|We'd like to view {item} this week if possible.|Would it be possible to visit {item}?"),
            a("¿Os va bien {day} a las {time}? Os espero en la puerta.|Puedo enseñároslo {day} a las {time}.", "Would {day} at {time} suit you? I'll meet you at the door.|I can show it to you {day} at {time}."),
            c("Perfecto, {day} a las {time}.|Sí, {day} nos viene bien.|Vale, iremos los dos.", "Perfect, {day} at {time}.|Yes, {day} works for us.|OK, we'll both come."),
            a("Estupendo, queda apuntado. La dirección es {address}, {town}.|Anotado. Nos vemos en {address}; llamad si no encontráis aparcamiento.", "Lovely, it's in the diary. The address is {address}, {town}.|Noted. We'll meet at {address}; ring me if you can't find parking.").books(),
            a("Esta es la ubicación exacta.|Te mando el punto en el mapa.", "This is the exact location.|Here's the pin on the map.").form(Form::Location),
            c("Gracias, {agent}. Hasta entonces.|Muchas gracias, allí estaremos.", "Thanks, {agent}. See you then.|Thank you, we'll be there."),
        ],
    },
    Part {
        name: "video_viewing",
        tag: "viewing",
        visit: Some((Meeting::Video, "Visita por vídeo: {title}", "Video viewing: {title}")),
        turns: &[
            c("No volvemos a España hasta dentro de un mes. ¿Podríais enseñarnos {item} por vídeo?|Vivimos fuera. ¿Hacéis visitas por videollamada de {item}?", "We won't be back in Spain for a month. Could you show us {item} on video?|We live abroad. Do you do video viewings of {item}?"),
            a("Sí, lo hacemos mucho. ¿{Day} a las {time}, hora de España?|Claro. ¿Os llamo {day} a las {time}?", "Yes, we do that a lot. {Day} at {time}, Spanish time?|Of course. Shall I call you {day} at {time}?"),
            c("Genial, estaremos pendientes.|Perfecto, gracias por adaptaros.", "Great, we'll be ready.|Perfect, that works for us."),
            a("Hecho. Os mando el enlace un rato antes y grabamos la visita.|Queda reservado. Enseñaré también el garaje y las zonas comunes.", "Done. I'll send the link shortly before, and we'll record the tour.|It's booked. I'll show you the garage and the communal areas too.").books(),
        ],
    },
    Part {
        name: "mortgage",
        tag: "finance",
        visit: None,
        turns: &[
            c("¿Trabajáis con algún banco para la hipoteca de {item}? Tendríamos {down} ahorrados.|Con {down} de entrada, ¿qué hipoteca nos haría falta para {item}?", "Do you work with a bank for a mortgage on {item}? We'd have {down} saved.|With {down} to put down, what mortgage would we need for {item}?"),
            a("Sí, con tres bancos. Con {down} de entrada y a 25 años os quedaría una cuota de unos {monthly}.|Colaboramos con un bróker sin coste para vosotros. Calculad unos {monthly} al mes a 25 años.", "Yes, with three banks. With {down} down over 25 years it would be about {monthly} a month.|We work with a broker, free of charge to you. Expect about {monthly} a month over 25 years."),
            a("Os dejo la simulación. Sumad un 10 % de impuesto y entre un 1 y un 2 % de notaría y registro.|Aquí tenéis el cálculo con los impuestos y los gastos.", "Here's the calculation. Add 10 % tax and between 1 and 2 % for the notary and the land registry.|This is the calculation with taxes and costs.").form(Form::Document),
            c("Muy claro. ¿Los no residentes también pueden pedirla?|Gracias. ¿La tasación la paga el banco?", "Very clear. Can non-residents apply too?|Thanks. Does the bank pay for the valuation?"),
            a("Sí, hasta un 70 % del valor. Necesitáis el NIE y los tres últimos extractos.|La tasación corre de vuestra cuenta, unos 400 €, pero sirve para cualquier banco.", "Yes, up to 70 % of the value. You need an NIE and your last three bank statements.|You pay for it, about €400, but it's valid for any bank."),
        ],
    },
    Part {
        name: "price_drop",
        tag: "negotiation",
        visit: None,
        turns: &[
            template("price_drop"),
            c("Gracias por avisar. ¿El propietario aceptaría una oferta por debajo?|Nos interesa. ¿Hay más gente mirándolo?", "Thanks for letting us know. Would the owner consider an offer below that?|We're interested. Are other people looking at it?"),
            a("Todo es hablarlo. Si me hacéis una oferta por escrito se la traslado hoy mismo.|Hay otra visita esta semana, así que yo no esperaría mucho.", "It's open to discussion. If you put an offer in writing I'll pass it on today.|There's another viewing this week, so I wouldn't wait too long."),
            c("De acuerdo, lo hablamos y te digo.|Entendido. Te llamo mañana.", "All right, we'll talk and get back to you.|Understood. I'll call you tomorrow."),
        ],
    },
    Part {
        name: "thinking",
        tag: "",
        visit: None,
        turns: &[
            a("Hola {name}, ¿qué os pareció {item}? ¿Os encaja o seguimos buscando?|¿Qué tal, {name}? Quería saber si habéis podido pensar en {item}.", "Hi {name}, what did you think of {item}? Is it right for you, or shall we keep looking?|Hello {name}, I wanted to ask whether you've had time to think about {item}."),
            c("Nos gustó, pero el baño necesita reforma. ¿Tenéis algo parecido?|Nos parece un poco justo de espacio. Seguimos mirando.", "We liked it, but the bathroom needs work. Do you have anything similar?|It's a bit small for us. We'll keep looking."),
            a("Tomo nota y te mando dos opciones esta semana.|Entendido. Te aviso en cuanto entre algo que encaje.", "I'll note that and send you two options this week.|Understood. I'll let you know as soon as something suitable comes in."),
        ],
    },
];

/// Buying: from the offer to the keys.
pub(crate) const SALE_CLOSINGS: &[Part] = &[
    Part {
        name: "offer",
        tag: "negotiation",
        visit: None,
        turns: &[
            c("Queremos hacer una oferta por {item}: {deal_price}.|Después de la visita lo tenemos claro. Ofrecemos {deal_price} por {item}.", "We'd like to make an offer for {item}: {deal_price}.|After the viewing we're sure. We offer {deal_price} for {item}."),
            a("Gracias, se la traslado ahora mismo a la propiedad.|Recibida. Hablo con el propietario y os digo.", "Thank you, I'll pass it on to the owner right away.|Received. I'll talk to the owner and get back to you."),
            a("¡Buenas noticias! Han aceptado {deal_price}. Preparamos el contrato de reserva.|La propiedad acepta. Os mando el contrato de arras para revisar.", "Good news! They've accepted {deal_price}. We'll prepare the reservation contract.|The owner accepts. I'm sending you the deposit contract to review.").form(Form::Document).later(),
            c("¡Qué alegría! Lo revisa nuestro abogado y lo firmamos.|¡Estupendo! ¿Cuánto hay que dejar de arras?", "Wonderful! Our solicitor will check it and we'll sign.|Fantastic! How much is the deposit?"),
            a("Lo habitual es un 10 % a la firma de las arras. Quedo a vuestra disposición.|Sin prisa, cualquier duda me decís.", "It's usually 10 % on signing the deposit contract. I'm here if you need anything.|No rush, let me know if you have any questions."),
        ],
    },
    Part {
        name: "notary",
        tag: "",
        visit: Some((Meeting::InPerson, "Firma en notaría: {title}", "Signing at the notary: {title}")),
        turns: &[
            a("El banco ha dado el visto bueno. La notaría nos propone {day} a las {time} para la escritura.|Ya tenemos fecha posible de notaría: {day} a las {time}. ¿Os va bien?", "The bank has given the go-ahead. The notary suggests {day} at {time} for the deed.|We have a possible date at the notary's: {day} at {time}. Does that work?").later(),
            c("Perfecto. ¿Qué tenemos que llevar?|Sí, {day} podemos los dos. ¿Hace falta intérprete?", "Perfect. What should we bring?|Yes, we can both make it {day}. Do we need an interpreter?"),
            a("El DNI o NIE y el cheque bancario; del resto nos encargamos nosotros.|La notaria habla inglés; traed el pasaporte, el NIE y el cheque bancario.", "Your DNI or NIE and the banker's draft; we'll take care of the rest.|The notary speaks English; bring passports, NIE and the banker's draft.").books(),
            c("Estamos nerviosos y contentos. Gracias por todo.|Gracias, {agent}, nos vemos allí.", "We're nervous and happy. Thank you for everything.|Thank you, {agent}, see you there."),
        ],
    },
];

/// Renting: from the papers to the keys.
pub(crate) const RENT_CLOSINGS: &[Part] = &[Part {
    name: "lease",
    tag: "rental",
    visit: Some((Meeting::InPerson, "Entrega de llaves: {title}", "Handing over the keys: {title}")),
    turns: &[
        c("Nos lo quedamos. ¿Qué documentación necesitáis para {item}?|Queremos alquilar {item}. ¿Cómo seguimos?", "We'll take it. What documents do you need for {item}?|We'd like to rent {item}. What happens next?"),
        a("DNI o NIE, contrato y las tres últimas nóminas. Con eso hacemos el estudio de solvencia en un día.|Mandadme DNI o NIE y nóminas y en 24 horas tenéis respuesta.", "DNI or NIE, employment contract and your last three payslips. The check takes a day.|Send me your DNI or NIE and payslips and you'll have an answer in 24 hours."),
        c("Aquí van los documentos.|Te lo adjunto todo.", "Here are the documents.|I'm attaching everything.").form(Form::Document),
        a("Aprobado. Os mando el contrato para que lo leáis. ¿Firmamos {day} a las {time}?|Todo correcto. ¿Quedamos {day} a las {time} para firmar y daros las llaves?", "Approved. I'm sending you the contract to read. Shall we sign {day} at {time}?|All good. Shall we meet {day} at {time} to sign and hand over the keys?").later(),
        c("Sí, {day} perfecto. ¡Gracias!|Allí estaremos.", "Yes, {day} is perfect. Thank you!|We'll be there."),
        a("Hecho. Haremos juntos el inventario y leeremos los contadores.|Quedamos así. Bienvenidos a {town}.", "Done. We'll go through the inventory and read the meters together.|It's settled. Welcome to {town}.").books(),
    ],
}];

/// What people write who already bought or rent.
pub(crate) const AFTERWARDS: &[Part] = &[
    Part {
        name: "repair",
        tag: "repair",
        visit: None,
        turns: &[
            c("Se ha estropeado la caldera de casa y no tenemos agua caliente. ¿A quién aviso?|Hay una fuga debajo del fregadero, he cerrado la llave de paso.", "The boiler has broken down and we have no hot water. Whom do I call?|There's a leak under the kitchen sink; I've turned the water off."),
            c("Mirad cómo está.|Os mando una foto.", "This is what it looks like.|Here's a photo.").form(Form::Image),
            a("Gracias por avisar tan rápido. Mando al técnico hoy mismo; te llamará antes.|Vaya faena. El seguro lo cubre, doy parte ahora y te digo la hora.", "Thanks for telling us so quickly. I'm sending the plumber today; he'll ring first.|What a nuisance. The insurance covers it; I'll report it now and tell you the time."),
            c("Gracias, estaré en casa a partir de las cinco.|De acuerdo, quedo pendiente.", "Thanks, I'll be home from five.|All right, I'll wait to hear from you."),
            a("El técnico me dice que ya está arreglado. ¿Todo bien por allí?|Me confirman que han cambiado la pieza. ¿Funciona bien ahora?", "The plumber tells me it's fixed. Is everything all right?|They tell me the part has been replaced. Is it working now?").later(),
            c("Sí, ya funciona. Mil gracias.|Todo perfecto, qué rapidez.", "Yes, it works. Thanks a million.|All perfect, that was fast."),
        ],
    },
    Part {
        name: "utilities",
        tag: "",
        visit: None,
        turns: &[
            c("¿Me podéis ayudar a cambiar la luz y el agua a mi nombre?|Necesito el CUPS y el número de contador para dar de alta la luz.", "Could you help me put the electricity and water in my name?|I need the CUPS code and the meter number to sign up for electricity."),
            a("Claro, nosotros lo tramitamos. Solo necesito el IBAN.|Te los mando. Si quieres lo gestionamos nosotros sin coste.", "Of course, we'll handle it. I only need your IBAN.|I'll send them to you. We can arrange it for you free of charge."),
            c("Perfecto, te lo paso por correo.|Sí, mejor si lo hacéis vosotros.", "Perfect, I'll e-mail it to you.|Yes, I'd rather you did it."),
            a("Recibido. En unos cinco días laborables llega el alta.|De acuerdo, te aviso cuando esté hecho.", "Received. It takes about five working days.|All right, I'll tell you when it's done."),
        ],
    },
    Part {
        name: "review",
        tag: "",
        visit: None,
        turns: &[
            template("review_request"),
            c("Encantados con la casa y con vuestro trato. ¡Gracias!|Muy buen servicio, aunque la firma se alargó.", "We love the house, and you were great. Thank you!|Very good service, although the signing took a while."),
            a("¡Mil gracias, {name}! Nos hace mucha ilusión.|Gracias por la sinceridad, {name}. Lo tendremos en cuenta.", "Thank you so much, {name}! We really appreciate it.|Thanks for being honest, {name}. We'll keep it in mind."),
        ],
    },
];

/// What owners write who want to sell or let.
pub(crate) const OWNERS: &[Part] = &[Part {
    name: "valuation",
    tag: "valuation",
    visit: Some((Meeting::InPerson, "Valoración de vivienda", "Home valuation")),
    turns: &[
        c("Tengo un piso en {home_town} y me planteo venderlo. ¿Hacéis valoraciones?|Quiero vender la casa de mis padres en {home_town}. ¿Cuánto cobráis?", "I own a flat in {home_town} and I'm thinking of selling it. Do you do valuations?|I'd like to sell my parents' house in {home_town}. What's your fee?"),
        a("Sí, la valoración es gratuita. Nuestra comisión es del 3 % más IVA, solo si vendemos.|Claro. Comparamos con ventas reales de la zona y te damos un informe, sin compromiso.", "Yes, valuations are free. Our fee is 3 % plus VAT, only if we sell.|Of course. We compare it with real sales in the area and give you a report, with no obligation."),
        c("Me parece bien. ¿Cuándo podríais venir?|De acuerdo. ¿Qué día os va bien verlo?", "Sounds good. When could you come?|All right. What day could you see it?"),
        a("¿Qué tal {day} a las {time}?|Puedo pasar {day} a las {time}.", "How about {day} at {time}?|I can come by {day} at {time}."),
        c("{Day} perfecto.|Sí, {day} estaré en casa.", "{Day} is perfect.|Yes, I'll be at home {day}."),
        a("Gracias. Si tienes la escritura y el último recibo del IBI a mano, mejor.|Apuntado. Tardaremos media hora en medir y hacer fotos.", "Thank you. It helps if you have the deed and the last IBI receipt at hand.|Noted. It takes half an hour to measure and take photos.").books(),
        c("Los busco. Hasta {day}.|Vale, gracias.", "I'll look for them. See you {day}.|OK, thanks."),
    ],
}];
